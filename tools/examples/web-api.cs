#:sdk Microsoft.NET.Sdk.Web
#:property PublishAot=false
#:property EnableDefaultRunWorkingDirectory=false
#:project ../../src/PureClip/PureClip.csproj

// A web API on minimal APIs: pictures are uploaded, and found by words.
//   curl -F file=@cat.png localhost:5000/pictures
//   curl "localhost:5000/search?words=a+cat"
using System.Collections.Concurrent;
using PureClip;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.Services.AddSingleton(Clip.Load("weights/pictogram-mini", new() { MaxFileBytes = 20 << 20, MaxPixels = 50_000_000 }));
WebApplication app = builder.Build();
ConcurrentDictionary<string, float[]> pictures = new();

app.MapPost("/pictures", async (IFormFile file, Clip clip, CancellationToken aborted) =>
{
    try
    {
        // Read as it arrives and decoded without holding a thread; limits hold before memory is taken.
        ImageSource upload = ImageSource.FromStream(_ => new(file.OpenReadStream()), file.FileName);
        pictures[file.FileName] = await clip.EncodeImageAsync(upload, aborted);
        return Results.Ok(new { pictures = pictures.Count });
    }
    catch (InvalidDataException e)
    {
        return Results.Problem(e.Message, statusCode: StatusCodes.Status415UnsupportedMediaType);
    }
}).DisableAntiforgery();

app.MapGet("/search", async (string words, Clip clip, CancellationToken aborted) =>
{
    float[] query = await clip.EncodeTextAsync(words, aborted);
    return pictures.Select(picture => new { name = picture.Key, score = Math.Round(Similarity.Cosine(picture.Value, query), 3) })
        .OrderByDescending(picture => picture.score).Take(10);
});

app.Run();
