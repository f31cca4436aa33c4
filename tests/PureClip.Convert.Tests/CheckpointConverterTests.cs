using PureClip.Convert.Tests.Support;
using PureClip.Files;

namespace PureClip.Convert.Tests;

/// <summary>The library's face, as a program of somebody else calls it.</summary>
public sealed class CheckpointConverterTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Output => Path.Combine(_directory.Root, "model");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_checkpoint_becomes_a_directory_and_a_report()
    {
        List<WriteProgress> told = [];
        ConversionReport report = CheckpointConverter.Convert(
            _directory.Write("clip.pt", MiniModel.InOpenAiWords()), Output,
            new() { Weights = WeightType.F32, Vocabulary = MiniModel.Path, Gelu = Model.GeluKind.Quick }, new Listener(told));
        Assert.True(report.WasWritten);
        Assert.Equal(("safetensors", 256, "clip.pt"), (report.Container, report.Config.EmbeddingWidth, report.Files.Single().Name));
        Assert.Equal(report.Written, report.TypeChanges["F16 to F32"]);
        Assert.Equal((report.Written, 1.0), (told.Count, (double)told[^1].BytesWritten / told[^1].BytesTotal));
        using Clip clip = Clip.Load(Output), original = Clip.Load(MiniModel.Path);
        Assert.Equal(original.EncodeText("hat"), clip.EncodeText("hat"));
    }

    [Fact]
    public void A_checkpoint_is_listed_in_its_own_words()
    {
        CheckpointContents contents = CheckpointConverter.Inspect(_directory.Write("clip.bin", MiniModel.InOpenAiWords("module.")));
        Assert.Equal("safetensors", contents.Container);
        ForeignTensor table = contents.Tensors.Single(static t => t.Name == "module.token_embedding.weight");
        Assert.Equal((NumberType.F16, 2, (string?)null), (table.Type, table.Shape.Count, table.StoredAs));
        Assert.Throws<FileNotFoundException>(() => CheckpointConverter.Inspect(Path.Combine(_directory.Root, "none")));
        Assert.Throws<InvalidDataException>(() => CheckpointConverter.Inspect(_directory.Write("noise", [1, 2, 3])));
    }

    [Fact]
    public void What_an_option_decides_is_an_error_that_names_it_and_no_program()
    {
        Directory.CreateDirectory(Output);
        File.WriteAllText(Path.Combine(Output, "config.json"), "{}");
        ConversionException refusal = Assert.Throws<ConversionException>(() => CheckpointConverter.Convert(MiniModel.Path, Output));
        Assert.Equal(ConversionSetting.Overwrite, refusal.Setting);
        Assert.DoesNotContain("--", refusal.Message);
        refusal = Assert.Throws<ConversionException>(() =>
            CheckpointConverter.Convert(_directory.Write("clip.safetensors", MiniModel.InOpenAiWords()), Output, new() { Overwrite = true }));
        Assert.Equal(ConversionSetting.Vocabulary, refusal.Setting);
        Assert.DoesNotContain("--", refusal.Message);
        Assert.Equal("{}", File.ReadAllText(Path.Combine(Output, "config.json")));
    }

    [Fact]
    public void Options_that_cannot_be_are_refused_before_anything_is_read()
    {
        void IsRefused(string about, ConversionOptions options) =>
            Assert.Contains(about, Assert.Throws<ArgumentException>(() => CheckpointConverter.Convert("nowhere", Output, options)).Message);

        IsRefused("ViT-Z-1", new() { Architecture = "ViT-Z-1" });
        IsRefused("0 heads", new() { TextHeads = 0 });
        IsRefused("Tolerance is NaN", new() { Tolerance = float.NaN });
        IsRefused("Weights is 9", new() { Weights = (WeightType)9 });
        IsRefused("Gelu is 9", new() { Gelu = (Model.GeluKind)9 });
        Assert.Throws<ArgumentException>(() => CheckpointConverter.Convert("", Output));
        Assert.Throws<ArgumentNullException>(() => CheckpointConverter.Convert(MiniModel.Path, null!));
        Assert.All(ConversionOptions.ArchitectureNames, static name => Assert.True(ConversionOptions.IsArchitecture(name + "-quickgelu")));
    }

    private sealed class Listener(List<WriteProgress> told) : IProgress<WriteProgress>
    {
        public void Report(WriteProgress value) => told.Add(value);
    }
}
