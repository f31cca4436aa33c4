using Microsoft.Extensions.VectorData;
using PureClip.Extensions.AI.Tests.Support;

namespace PureClip.Extensions.AI.Tests;

/// <summary>A store that makes the vectors of texts itself, by the code that Microsoft.Extensions.VectorData gives to all stores.</summary>
public sealed class VectorStoreTests(SharedClip shared) : IClassFixture<SharedClip>
{
    [Fact]
    public async Task Texts_become_vectors_in_the_store()
    {
        using InMemoryVectorStore store = new(shared.Clip.AsIEmbeddingGenerator());
        VectorStoreCollection<int, Caption> captions = store.GetCollection<int, Caption>("captions");
        await captions.UpsertAsync([new() { Number = 1, Text = "a guitar" }, new() { Number = 2, Text = "a birthday cake" },
            new() { Number = 3, Text = "a rocket" }]);
        VectorSearchResult<Caption> byText = await captions.SearchAsync("cake with candles", top: 1).SingleAsync();
        Assert.Equal(2, byText.Record.Number);
        Assert.Equal(Similarity.Cosine(shared.Clip.EncodeText("cake with candles"), shared.Clip.EncodeText("a birthday cake")),
            byText.Score!.Value, 1e-6);
        ReadOnlyMemory<float> rocket = shared.Clip.EncodeImage(ShippedModel.Picture("rocket.png"));
        Assert.Equal(3, (await captions.SearchAsync(rocket, top: 1).SingleAsync()).Record.Number);
    }

    internal sealed class Caption
    {
        [VectorStoreKey]
        public int Number { get; set; }

        [VectorStoreVector(256)]
        public string Text { get; set; } = "";
    }
}
