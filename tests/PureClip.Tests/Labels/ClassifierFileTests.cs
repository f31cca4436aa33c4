using PureClip.Files;
using PureClip.Labels;
using TemporaryFolder = PureClip.Tests.Cli.TemporaryFolder;

namespace PureClip.Tests.Labels;

public sealed class ClassifierFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Path => _folder["classifier.safetensors"];

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_stored_classifier_is_read_back_whole()
    {
        Classifier stored = Calibrated();
        stored.Save(Path);
        Classifier read = ClassifierFile.Read(Path);
        Assert.Equal(
            (stored.Kind, stored.Space, stored.IsSigmoid, stored.Validation), (read.Kind, read.Space, read.IsSigmoid, read.Validation));
        Assert.Equal(stored.Labels, read.Labels);
        Assert.Equal(stored.Templates, read.Templates);
        float[] x = Synthetic.Vector(new(8), 6);
        Assert.Equal(stored.Logits(x), read.Logits(x));
        Assert.Equal(stored.Judge(x), read.Judge(x));
    }

    [Fact]
    public void Equal_classifiers_are_equal_files_and_nothing_else_is_left()
    {
        Calibrated().Save(Path);
        Calibrated().Save(_folder["again"]);
        Assert.Equal(File.ReadAllBytes(Path), File.ReadAllBytes(_folder["again"]));
        Assert.Equal(["again", "classifier.safetensors"], _folder.Names);
    }

    [Fact]
    public void One_flipped_bit_anywhere_is_refused_or_changes_nothing()
    {
        Classifier stored = Calibrated();
        stored.Save(Path);
        byte[] whole = File.ReadAllBytes(Path);
        int refused = 0;
        for (int at = 0; at < whole.Length; at++)
        {
            byte[] damaged = [.. whole];
            damaged[at] ^= (byte)(1 << (at % 8));
            File.WriteAllBytes(Path, damaged);
            try
            {
                Classifier read = ClassifierFile.Read(Path);
                Assert.Equal((stored.Kind, stored.Space, stored.IsSigmoid), (read.Kind, read.Space, read.IsSigmoid));
                Assert.Equal(stored.Labels, read.Labels);
                Assert.Equal(stored.Templates, read.Templates);
                Assert.Equal(stored.Head.Weights.ToArray(), read.Head.Weights.ToArray());
                Assert.Equal(stored.Head.Biases.ToArray(), read.Head.Biases.ToArray());
                Assert.Equal(stored.Calibration?.Scores.ToArray(), read.Calibration?.Scores.ToArray());
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }
        Assert.InRange(refused, whole.Length * 9 / 10, whole.Length);
    }

    [Fact]
    public void A_file_of_an_older_program_has_no_checksum_and_is_read()
    {
        Classifier stored = Calibrated();
        Dictionary<string, string> metadata = new(ClassifierFile.Metadata(stored));
        Assert.True(metadata.Remove("checksum"));
        SafetensorsWriter.Write(Path, [.. ClassifierFile.Tensors(stored)], metadata);
        Assert.Equal(stored.Labels, ClassifierFile.Read(Path).Labels);
    }

    [Fact]
    public void Saving_keeps_a_link()
    {
        if (OperatingSystem.IsWindows())
            return; // links need a privilege there
        File.WriteAllText(Path, "older");
        File.CreateSymbolicLink(_folder["link"], Path);
        Calibrated().Save(_folder["link"]);
        Assert.Equal(Path, new FileInfo(_folder["link"]).LinkTarget);
        Assert.Equal(["a", "\"ä\"\n😀", "c"], ClassifierFile.Read(Path).Labels);
    }

    [Fact]
    public void A_probe_keeps_how_it_did()
    {
        Classifier probe = LinearProbe.Train(Synthetic.Classes([4, 4], 5, 1)).Classifier;
        probe.Save(Path);
        Assert.Equal(probe.Validation, ClassifierFile.Read(Path).Validation);
        Assert.Null(ClassifierFile.Read(Path).Calibration);
    }

    [Fact]
    public void What_is_known_of_its_space_is_kept_and_other_rules_are_refused_by_both_names()
    {
        using Clip clip = ShippedModel.Load();
        Classifier probe = new(ClassifierKind.LinearProbe, clip.Space, ["a", "b"], new(new float[2 * clip.EmbeddingWidth], new float[2]));
        probe.Save(Path);
        Assert.Equal(clip.Space, Classifier.Load(Path, clip).Space);
        using Clip turned = Clip.Load(ShippedModel.Path, new() { Threads = 1, ApplyOrientation = false }),
            uneven = Clip.Load(ShippedModel.Path, new() { Threads = 1, Normalize = false });
        string message = Assert.Throws<InvalidDataException>(() => Classifier.Load(Path, turned)).Message;
        Assert.StartsWith(Path, message);
        Assert.Contains("exif=on", message);
        Assert.Contains("exif=off", message);
        Classifier.Load(Path, uneven); // directions are judged

        ZeroShotClassifier.Create(clip, ["a", "b"]).Save(Path);
        Classifier.Load(Path, turned); // no picture was used
    }

    [Fact]
    public void Another_models_classifier_is_refused()
    {
        Calibrated().Save(Path);
        using Clip clip = ShippedModel.Load();
        string message = Assert.Throws<InvalidDataException>(() => Classifier.Load(Path, clip)).Message;
        Assert.Contains(Synthetic.Fingerprint, message);
        Assert.Contains(clip.Fingerprint, message);
    }

    [Fact]
    public void Another_safetensors_file_is_refused() =>
        Assert.Contains(
            "no stored classifier",
            Assert.Throws<InvalidDataException>(
                () => ClassifierFile.Read(System.IO.Path.Combine(ShippedModel.Path, "model.safetensors"))).Message);

    [Theory]
    [InlineData("labels", "[]", "0 labels")]
    [InlineData("labels", "[\"a\",\" \",\"c\"]", "empty")]
    [InlineData("labels", "[\"a\",\"b\"]", "does not fit its 2 labels")]
    [InlineData("labels", "[1,2,3]", "JSON array of texts")]
    [InlineData("labels", "[\"\\ud800\",\"b\",\"c\"]", "JSON array of texts")]
    [InlineData("labels", "[null,\"b\",\"c\"]", "empty")]
    [InlineData("labels", "{", "JSON array of texts")]
    [InlineData("version", "2", "version \"2\"")]
    [InlineData("kind", "magic", "zero-shot")]
    [InlineData("fingerprint", "ABC", "32 hexadecimal digits")]
    [InlineData("setting", "NaN", "finite")]
    public void Metadata_that_cannot_be_is_refused(string name, string value, string message)
    {
        Dictionary<string, string> metadata = new(ClassifierFile.Metadata(Calibrated())) { [name] = value };
        SafetensorsWriter.Write(Path, ClassifierFile.Tensors(Calibrated()), metadata);
        Assert.Contains(message, Assert.Throws<InvalidDataException>(() => ClassifierFile.Read(Path)).Message);
    }

    [Fact]
    public void Tensors_that_cannot_be_are_refused()
    {
        float[] weights = new float[18], biases = new float[3], ascending = [.. Enumerable.Range(0, 60).Select(i => (float)i)];
        AssertRefused("does not fit", TensorSource.FromFloats("weights", [18], weights), TensorSource.FromFloats("biases", [3], biases));
        AssertRefused(
            "does not fit", TensorSource.FromFloats("weights", [3, 0], Array.Empty<float>()),
            TensorSource.FromFloats("biases", [3], biases));
        AssertRefused("no tensor", TensorSource.FromFloats("weights", [3, 6], weights));
        AssertRefused(
            "not finite", TensorSource.FromFloats("weights", [3, 6], weights),
            TensorSource.FromFloats("biases", [3], new[] { 0f, float.NaN, 0f }));
        AssertRefused("at least 20", TensorSource.FromFloats("weights", [3, 6], weights), TensorSource.FromFloats("biases", [3], biases),
            TensorSource.FromFloats("background", [3, 2], new float[6]));
        AssertRefused("not sorted", TensorSource.FromFloats("weights", [3, 6], weights), TensorSource.FromFloats("biases", [3], biases),
            TensorSource.FromFloats("background", [3, 20], ascending.Reverse().ToArray()));
    }

    [Fact]
    public void A_damaged_file_is_read_or_refused_and_nothing_else()
    {
        Calibrated().Save(Path);
        byte[] original = File.ReadAllBytes(Path);
        Random random = new(20240701);
        int refused = 0;
        for (int i = 0; i < 1000; i++)
        {
            byte[] mutant = Mutator.Mutate(original, random);
            File.WriteAllBytes(_folder["mutant"], mutant);
            try
            {
                Classifier classifier = ClassifierFile.Read(_folder["mutant"]);
                classifier.Classify(new float[classifier.EmbeddingWidth]);
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }
        Assert.InRange(refused, 200, 999);
    }

    private void AssertRefused(string message, params TensorSource[] tensors)
    {
        SafetensorsWriter.Write(Path, tensors, ClassifierFile.Metadata(Calibrated()));
        Assert.Contains(message, Assert.Throws<InvalidDataException>(() => ClassifierFile.Read(Path)).Message);
    }

    private static Classifier Calibrated()
    {
        Classifier random = Synthetic.Classifier(3, 6);
        return new Classifier(ClassifierKind.ZeroShot, Synthetic.Space(6), ["a", "\"ä\"\n😀", "c"], random.Head)
        {
            Templates = ["a {}", "{}!"],
            IsSigmoid = true,
            Validation = new(0.1, 0.75, 1.0 / 3, 1e-300),
        }.Calibrate([.. Enumerable.Range(0, 30).Select(i => Synthetic.Vector(new(i), 6))]);
    }
}
