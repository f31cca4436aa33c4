using Microsoft.Extensions.AI;
using Microsoft.Extensions.VectorData;
using PureClip.Search;

namespace PureClip.Postgres.Tests;

/// <summary>A table behind Microsoft.Extensions.VectorData: compared with what plain C# makes of the same records.</summary>
[Collection(DatabaseTests.Name)]
public sealed class VectorDataTests(SharedClip shared) : IDisposable
{
    private static readonly DateTime Day = new(2024, 5, 6, 7, 8, 9, DateTimeKind.Utc);

    private readonly TestSchema _schema = new();

    /// <inheritdoc/>
    public void Dispose() => _schema.Dispose();

    [DatabaseFact]
    public async Task Records_are_kept_found_and_removed()
    {
        await using PostgresIndex index =
            await PostgresIndex.OpenOrCreateAsync(TestSchema.Source, new VectorSpace("numbers", 2), _schema.Options);
        VectorStoreCollection<string, PostgresPicture> store = index.AsVectorStoreCollection();
        PostgresPicture[] pictures = [.. Enumerable.Range(0, 12).Select(i => new PostgresPicture
        {
            Key = $"{(i % 3 == 0 ? "cats" : "dogs")}/{i:00}%_'.png",
            Size = 1000 * i,
            Modified = Day.AddDays(i),
            ContentHash = i == 5 ? default : (UInt128)i + ((UInt128)1 << 100),
            Vector = new float[] { MathF.Cos(i * 0.1f), MathF.Sin(i * 0.1f) },
        })];
        await store.EnsureCollectionExistsAsync();
        Assert.True(await store.CollectionExistsAsync());
        await store.UpsertAsync(pictures);
        await store.UpsertAsync(pictures[3]); // again
        PostgresPicture? found = await store.GetAsync(pictures[4].Key, new() { IncludeVectors = true });
        Assert.Equal((pictures[4].Key, 4000L, Day.AddDays(4), pictures[4].ContentHash), (found!.Key, found.Size, found.Modified, found.ContentHash));
        Assert.Equal(pictures[4].Vector.ToArray(), found.Vector.ToArray(), (a, b) => MathF.Abs(a - b) < 1e-3f);
        Assert.True((await store.GetAsync(pictures[4].Key))!.Vector.IsEmpty);
        Assert.Equal(default, (await store.GetAsync(pictures[5].Key))!.ContentHash);
        Assert.Null(await store.GetAsync("none"));
        string[] keys = [pictures[7].Key, "none", pictures[2].Key];
        Assert.Equal([keys[0], keys[2]], await store.GetAsync(keys).Select(picture => picture.Key).ToListAsync());

        long size = 4000;
        UInt128 content = pictures[6].ContentHash;
        Func<int, DateTime> day = i => Day.AddDays(i);
        DateTime third = day(3);
        await Check(picture => picture.Size > size);
        await Check(picture => 4000 >= picture.Size && picture.Key != "cats/03%_'.png");
        await Check(picture => !(picture.Key.StartsWith("cats/") || picture.Modified < third));
        await Check(picture => picture.Key.EndsWith("1%_'.png") || picture.Key.Contains("0%_"));
        await Check(picture => picture.ContentHash == content || picture.Key == pictures[1].Key);
        await Check(picture => picture.ContentHash != content);
        await Check(picture => picture.ContentHash == default(UInt128) || content < picture.ContentHash);
        await Check(picture => true);
        Assert.Equal(pictures.OrderByDescending(p => p.Size).Skip(2).Take(3).Select(p => p.Key), await store.GetAsync(
            picture => picture.Size < 100_000, 3, new() { Skip = 2, OrderBy = order => order.Descending(picture => picture.Size) })
            .Select(picture => picture.Key).ToListAsync());
        await Assert.ThrowsAsync<NotSupportedException>(() => Check(picture => picture.Key.ToUpperInvariant() == "A"));
        await Assert.ThrowsAsync<NotSupportedException>(() => Check(picture => picture.Vector.Length > 3));
        await Assert.ThrowsAsync<NotSupportedException>(() => Check(picture => day(3) < picture.Modified));

        float[] query = [1, 0];
        List<VectorSearchResult<PostgresPicture>> hits = await store.SearchAsync(query, 3, new()
        {
            Filter = picture => picture.Key.StartsWith("dogs/"),
            Skip = 1,
            IncludeVectors = true,
        }).ToListAsync();
        Assert.Equal([pictures[2].Key, pictures[4].Key, pictures[5].Key], hits.Select(hit => hit.Record.Key));
        Assert.Equal(Math.Cos(0.2), hits[0].Score!.Value, 3);
        Assert.Equal(2, hits[0].Record.Vector.Length);
        Assert.Equal(6, await store.SearchAsync(query, 100, new() { ScoreThreshold = Math.Cos(0.55) }).CountAsync());
        await Assert.ThrowsAsync<NotSupportedException>(async () => await store.SearchAsync(3, 1).CountAsync());

        await store.DeleteAsync(pictures[0].Key);
        await store.DeleteAsync([pictures[1].Key, "none"]);
        Assert.Equal(10, await store.GetAsync(picture => true, 100).CountAsync());
        await store.EnsureCollectionDeletedAsync();
        Assert.False(await store.CollectionExistsAsync());
        await store.EnsureCollectionExistsAsync();
        Assert.Equal(0, await store.GetAsync(picture => true, 100).CountAsync());

        async Task Check(System.Linq.Expressions.Expression<Func<PostgresPicture, bool>> filter) => Assert.Equal(
            pictures.Where(filter.Compile()).Select(picture => picture.Key).Order(StringComparer.Ordinal),
            await store.GetAsync(filter, 100).Select(picture => picture.Key).ToListAsync());
    }

    [DatabaseFact]
    public async Task What_an_update_has_written_is_found_by_texts_and_pictures()
    {
        await using PostgresIndex index = await PostgresIndex.OpenOrCreateAsync(TestSchema.Source, shared.Clip, _schema.Options);
        await index.UpdateAsync(ShippedModel.Gallery[..40], []);
        VectorStoreCollection<string, PostgresPicture> store = index.AsVectorStoreCollection();
        PostgresHit[] expected = await index.SearchAsync("birthday cake", new() { Top = 3 });
        Assert.Equal(expected.Select(hit => (hit.Key, (double?)hit.Score)),
            await store.SearchAsync("birthday cake", 3).Select(hit => (hit.Record.Key, hit.Score)).ToListAsync());
        byte[] file = await File.ReadAllBytesAsync(ShippedModel.Gallery[7]);
        VectorSearchResult<PostgresPicture> same = await store.SearchAsync(new DataContent(file, "image/png"), 1).SingleAsync();
        Assert.Equal(ContentHash.Of(file), same.Record.ContentHash);
        Assert.Equal(same.Record.Key, (await store.SearchAsync(ImageSource.FromBytes(file, "it"), 1).SingleAsync()).Record.Key);
        Assert.Equal("postgresql", ((VectorStoreCollectionMetadata)store.GetService(typeof(VectorStoreCollectionMetadata))!).VectorStoreSystemName);
        Assert.Same(index, store.GetService(typeof(PostgresIndex)));
    }
}
