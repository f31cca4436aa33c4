using System.Globalization;
using System.Net;
using System.Text;
using PureClip.Cli.Arguments;
using PureClip.Cli.Commands;
using PureClip.Search;

namespace PureClip.Cli.Output;

/// <summary>Search results as one HTML file that carries its pictures and asks the network for nothing.</summary>
internal static class HtmlPage
{
    // A multiple of 3, so that the pieces' Base64 has no padding in the middle.
    private const int BytesPerPiece = 3 << 14;

    private const string Style = """
        :root { color-scheme: light dark; }
        :root { --ground: #f7f7f5; --card: #fff; --ink: #1c1c1a; --soft: #6b6b66; --line: #e4e4df; --bar: #3a7d6b; }
        @media (prefers-color-scheme: dark) {
            :root { --ground: #161615; --card: #20201e; --ink: #ececea; --soft: #9b9b95; --line: #33332f; --bar: #6fc3ab; }
        }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 1400px; padding: 2.5rem 1.5rem; background: var(--ground); color: var(--ink); }
        body { font: 16px/1.5 system-ui, sans-serif; }
        header { display: flex; gap: 1.25rem; align-items: center; margin-bottom: 2rem; }
        header img { width: 96px; height: 96px; object-fit: contain; border-radius: 10px; background: #fff; }
        h1 { margin: 0; font-size: 1.75rem; font-weight: 650; line-height: 1.25; overflow-wrap: anywhere; }
        header p { margin: .25rem 0 0; color: var(--soft); }
        ol { list-style: none; margin: 0; padding: 0; }
        ol { display: grid; gap: 1.25rem; grid-template-columns: repeat(auto-fill, minmax(210px, 1fr)); }
        figure { margin: 0; height: 100%; background: var(--card); border: 1px solid var(--line); border-radius: 12px; overflow: hidden; }
        figure a { display: block; }
        figure img { display: block; width: 100%; aspect-ratio: 1; object-fit: contain; background: #fff; }
        figcaption { padding: .75rem 1rem 1rem; }
        .score { display: flex; justify-content: space-between; font-variant-numeric: tabular-nums; font-weight: 600; }
        .score span { color: var(--soft); font-weight: 400; }
        .bar { height: 4px; margin: .4rem 0 .5rem; border-radius: 2px; background: var(--line); }
        .bar i { display: block; height: 100%; border-radius: 2px; background: var(--bar); }
        .path { font-size: .85rem; color: var(--soft); overflow-wrap: anywhere; }
        .path a { color: inherit; text-decoration: none; }
        .path a:hover { text-decoration: underline; }
        .path b { font-weight: inherit; white-space: nowrap; }
        """;

    /// <summary>Writes the page.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="query">What was looked for.</param>
    /// <param name="model">The model's name.</param>
    /// <param name="searched">How many pictures were searched.</param>
    /// <param name="best">What was found, best first; at least one.</param>
    /// <param name="remarks">What else there is to know, a sentence each.</param>
    public static void Write(
        Stream stream, QueryExpression query, string model, int searched, IReadOnlyList<Found> best, params IReadOnlyList<string> remarks)
    {
        using StreamWriter html = new(stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
        string title = Escape(query.Text), said = string.Concat(remarks.Select(remark => " " + Escape(remark)));
        html.Write($"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{title}</title>
            <style>
            {Style}
            </style>
            </head>
            <body>
            <header>

            """);
        foreach (string picture in query.Pictures)
            WriteImage(html, picture, "what was looked for");
        html.Write($"""
            <div>
            <h1>{title}</h1>
            <p>The best {best.Count} of {searched} pictures, by cosine with {Escape(model)}.{said}</p>
            </div>
            </header>
            <ol>

            """);
        foreach (Found picture in best)
            WriteFigure(html, picture, best[0].Score);
        html.Write("</ol>\n</body>\n</html>\n");
    }

    private static void WriteFigure(TextWriter html, Found picture, float bestScore)
    {
        double share = bestScore > 0 ? Math.Clamp(picture.Score / bestScore, 0, 1) : 0;
        // No browser looks into a tar file: the picture itself leads to where it lies.
        string address = Escape(AddressOf(TarMember.TryParse(picture.Path, out TarMember member) ? member.Tar : picture.Path));
        html.Write($"<li><figure><a href=\"{address}\">");
        WriteImage(html, picture.Path, picture.Path);
        html.Write(string.Create(CultureInfo.InvariantCulture, $"""
            </a><figcaption><div class="score"><span>{picture.Rank}</span>{picture.Score:0.000}</div>
            <div class="bar"><i style="width:{share:0%}"></i></div>
            <div class="path"><a href="{address}">{Breakable(picture.Path)}</a></div></figcaption></figure></li>

            """));
    }

    private static void WriteImage(TextWriter html, string path, string description)
    {
        using Stream file = BrowserPicture.Open(path, out string mediaType);
        byte[] piece = new byte[BytesPerPiece];
        int read = file.ReadAtLeast(piece, piece.Length, throwOnEndOfStream: false);
        html.Write($"<img alt=\"{Escape(description)}\" src=\"data:{mediaType};base64,");
        for (; read > 0; read = file.ReadAtLeast(piece, piece.Length, throwOnEndOfStream: false))
            html.Write(System.Convert.ToBase64String(piece.AsSpan(0, read)));
        html.Write("\">\n");
    }

    /// <summary>A path that breaks behind separators and never within its ending, unless a part alone is too long for a line.</summary>
    private static string Breakable(string path)
    {
        const int LongestEnding = 12;
        string ending = Path.GetExtension(path) is { Length: > 0 and <= LongestEnding } extension ? extension : "";
        StringBuilder html = new();
        int start = 0;
        for (int i = 0; i < path.Length - ending.Length; i++)
            if (path[i] is '/' or '\\' or '-' or '_' or ' ')
            {
                html.Append(Escape(path[start..(i + 1)])).Append("<wbr>");
                start = i + 1;
            }
        html.Append(Escape(path[start..^ending.Length]));
        return (ending.Length > 0 ? html.Append($"<b>{Escape(ending)}</b>") : html).ToString();
    }

    /// <summary>A file as browsers name it; System.Uri would take '#', '?' and '%' in a name for its own.</summary>
    public static string AddressOf(string path)
    {
        string[] parts = Path.GetFullPath(path).Split(Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar);
        string drive = OperatingSystem.IsWindows() && !path.StartsWith(@"\\", StringComparison.Ordinal) ? "/" + parts[0] + "/" : "/";
        return "file://" + drive + string.Join('/', parts.Skip(1).Select(Uri.EscapeDataString));
    }

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}
