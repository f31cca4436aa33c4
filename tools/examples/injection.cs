#:project ../../src/PureClip.Extensions.AI/PureClip.Extensions.AI.csproj
#:package Microsoft.Extensions.DependencyInjection

// One model for the whole program, behind .NET's own abstractions: services ask for generators and know nothing of CLIP.
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using PureClip;
using PureClip.Extensions.AI;

ServiceCollection services = new();
services.AddPureClip("weights/pictogram-mini").AddSingleton<Album>();
await using ServiceProvider provider = services.BuildServiceProvider();
Album album = provider.GetRequiredService<Album>();
Console.WriteLine(await album.BestAsync("a guitar", Directory.GetFiles(args[0], "*.png")));

sealed class Album(
    IEmbeddingGenerator<string, Embedding<float>> texts, IEmbeddingGenerator<DataContent, Embedding<float>> pictures)
{
    public async Task<string?> BestAsync(string wanted, string[] files)
    {
        ReadOnlyMemory<float> query = await texts.GenerateVectorAsync(wanted);
        var embeddings = await pictures.GenerateAsync(files.Select(file => new DataContent(File.ReadAllBytes(file), "image/png")));
        return files.Zip(embeddings).MaxBy(pair => Similarity.Cosine(pair.Second.Vector.Span, query.Span)).First is string best
            ? Path.GetFileName(best)
            : null;
    }
}
