using Microsoft.Net.Http.Headers;
using PureClip.Search;
using PureClip.Server.Hosting;
using PureClip.Server.Protocols;

namespace PureClip.Server.Page;

/// <summary>
/// The page for people. Its files are inside the program, and its policy lets a browser talk with this server alone: nothing is loaded from
/// elsewhere, no script stands in the text, no other page may frame it.
/// </summary>
internal static class SearchPage
{
    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; "
        + "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    public static void Map(IEndpointRouteBuilder app)
    {
        PageFile index = PageFile.Load("index.html", "text/html; charset=utf-8");
        // Those who ask for no page are greeted as immich's clients expect.
        app.MapGet("/", (HttpContext http) => AsksForPage(http) ? Send(http, index) : Immich.Greeting)
            .ExcludeFromDescription().WithMetadata(NeedsNoKey.Instance);
        foreach ((string name, string type) in new[]
        {
            ("page.css", "text/css; charset=utf-8"), ("page.js", "text/javascript; charset=utf-8"), ("icon.svg", "image/svg+xml"),
        })
        {
            PageFile file = PageFile.Load(name, type);
            app.MapGet("/" + name, (HttpContext http) => Send(http, file)).ExcludeFromDescription().WithMetadata(NeedsNoKey.Instance);
        }
    }

    private static bool AsksForPage(HttpContext http) =>
        http.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);

    private static IResult Send(HttpContext http, PageFile file)
    {
        IHeaderDictionary headers = http.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "same-origin";
        headers.CacheControl = "no-cache";
        headers.Vary = HeaderNames.Accept;
        return Results.Bytes(file.Bytes, file.Type, entityTag: file.Tag);
    }

    /// <summary>A file of the page, which browsers keep until it is another.</summary>
    private sealed record PageFile(byte[] Bytes, string Type, EntityTagHeaderValue Tag)
    {
        public static PageFile Load(string name, string type)
        {
            using Stream stream = typeof(PageFile).Assembly.GetManifestResourceStream("page/" + name)!;
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return new(bytes, type, new($"\"{ContentHash.Of(bytes):x32}\""));
        }
    }
}
