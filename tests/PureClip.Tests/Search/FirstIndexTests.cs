using System.Numerics.Tensors;
using PureClip.Search;
using PureClip.Tests.Cli;
using ShippedModel = PureClip.Tests.Support.ShippedModel;

namespace PureClip.Tests.Search;

/// <summary>
/// An index that the first programs have written (<c>tests/data/index/first</c>): three pictures of the gallery with the shipped model of
/// that time, as F16, before headers had checksums and counted commits.
/// </summary>
public sealed class FirstIndexTests : IDisposable
{
    private static readonly string[] Keys = ["pics/cat.png", "pics/dog.png", "pics/rocket.png"];

    private readonly TemporaryFolder _folder = new();
    private readonly string _path;

    public FirstIndexTests()
    {
        _path = _folder["first.index"];
        Directory.CreateDirectory(_path);
        foreach (string file in Directory.GetFiles(TestData.PathOf("index/first")))
            File.Copy(file, Path.Combine(_path, Path.GetFileName(file)));
    }

    [Fact]
    public void It_opens_whole_with_all_that_it_says()
    {
        using EmbeddingIndex index = EmbeddingIndex.Open(_path);
        Assert.Equal(Keys, Enumerable.Range(0, index.Count).Select(index.KeyOf));
        Assert.Equal(("pictogram-mini", VectorSpace.UsualPictureLine, null), (index.Space.ModelName, index.Space.PictureLine, index.Space.TextLine));
        Assert.Null(index.Space.IntegerBits);
        Assert.Equal(VectorType.F16, index.VectorType);
        Assert.Empty(EmbeddingIndex.FindDamage(_path));
        float[] vector = new float[index.Width];
        for (int entry = 0; entry < index.Count; entry++)
        {
            byte[] file = File.ReadAllBytes(TestData.PathOf($"gallery/{Path.GetFileName(index.KeyOf(entry))}"));
            Assert.Equal((file.Length, ContentHash.Of(file)), (index[entry].Size, index[entry].ContentHash));
            index.CopyVector(entry, vector);
            Assert.Equal(1f, TensorPrimitives.Norm(vector), 1e-3);
        }
    }

    [Fact]
    public void Each_picture_is_the_nearest_to_its_own_vector()
    {
        using EmbeddingIndex index = EmbeddingIndex.Open(_path);
        float[] vector = new float[index.Width];
        for (int entry = 0; entry < index.Count; entry++)
        {
            index.CopyVector(entry, vector);
            SearchHit best = index.Search(vector)[0];
            Assert.Equal(index.KeyOf(entry), best.Key);
            Assert.Equal(1f, best.Score, 1e-3);
        }
    }

    [Fact]
    public void A_writer_goes_on_with_it()
    {
        using (EmbeddingIndexWriter writer = EmbeddingIndexWriter.Open(_path))
        {
            writer.AddCopy(new("again.png"), Keys[0]);
            writer.Remove(Keys[1]);
            writer.Commit();
        }
        using EmbeddingIndex index = EmbeddingIndex.Open(_path);
        Assert.Equal([Keys[0], Keys[2], "again.png"], Enumerable.Range(0, index.Count).Select(index.KeyOf));
        Assert.Empty(EmbeddingIndex.FindDamage(_path));
        Assert.Contains("\"checksum\"", File.ReadAllText(Path.Combine(_path, "index.json")));
    }

    [Fact]
    public void What_the_activations_of_integer_weights_had_is_kept_beside_it()
    {
        string path = _folder["integers.index"];
        VectorSpace space = new("f", 4) { PictureRules = "exif=on", Weights = "int8", IntegerBits = 7 };
        EmbeddingIndexWriter.Create(path, space).Dispose();
        using EmbeddingIndex index = EmbeddingIndex.Open(path);
        Assert.Equal(7, index.Space.IntegerBits);
        index.RequireSpace(space with { IntegerBits = 8 }, VectorKinds.All); // told, not compared
        using Clip clip = Clip.Load(ShippedModel.Path, new() { Weights = WeightType.Int8 });
        Assert.InRange(clip.Space.IntegerBits ?? 0, 7, 8);
    }

    public void Dispose() => _folder.Dispose();
}
