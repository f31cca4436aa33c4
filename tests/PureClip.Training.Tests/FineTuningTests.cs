using PureClip.Labels;
using PureClip.Training.Tests.Support;

namespace PureClip.Training.Tests;

/// <summary>The shipped model learns new words for pictures, forgets little, and is written so that everybody reads it.</summary>
public class FineTuningTests
{
    private static readonly string Model = TestData.Weights("pictogram-mini");

    [Theory]
    [InlineData(FineTuningMethod.Adapters)]
    [InlineData(FineTuningMethod.Full)]
    public void LearnsNewWordsAndWritesAModel(FineTuningMethod method)
    {
        using Workshop shop = new();
        List<FineTuningProgress> steps = [];
        bool adapts = method == FineTuningMethod.Adapters;
        FineTuningOptions options = new()
        {
            Method = method,
            Epochs = adapts ? 12 : 20,
            BatchSize = 18,
            Rate = adapts ? 3e-3 : 3e-4,
            MostForgotten = 1,
        };
        FineTuningResult result = FineTuning.Run(Model, Workshop.Pictures(), shop.Output, options, General(), new Listed(steps));

        Assert.Equal(method, result.Method);
        Assert.Equal(11, result.Blends.Count);
        Assert.Equal(3, result.Captions);
        Assert.Equal(24, result.Learnt + result.Chosen.Target.Pictures);
        Assert.Equal(options.Epochs, steps.Count); // one step an epoch
        Assert.True(steps[^1].Loss < steps[0].Loss / 2, $"the loss fell from {steps[0].Loss} to {steps[^1].Loss} only");
        Assert.True(result.Chosen.Target.PictureToText > result.Blends[0].Target.PictureToText, "nothing was learnt");
        Assert.InRange(result.Chosen.Target.PictureToText, 0.6, 1);
        Assert.Equal(16, result.Blends[0].General!.Value.Pictures);
        Assert.InRange(result.Blends[0].General!.Value.PictureToText, 0.7, 1);

        using Clip tuned = Clip.Load(shop.Output), before = Clip.Load(Model);
        Assert.NotEqual(before.Fingerprint, tuned.Fingerprint);
        float[] picture = tuned.EncodeImage(TestData.PathOf("classes/vehicle/bus.png"));
        Assert.Equal("zorp", Workshop.Captions.MaxBy(word => Similarity.Cosine(picture, tuned.EncodeText(word))));
        Assert.Equal(before.EmbeddingWidth, tuned.EmbeddingWidth);
    }

    [Fact]
    public void FewPicturesOfClassesGetAHead()
    {
        using Workshop shop = new();
        FineTuningResult result = FineTuning.Run(Model, Workshop.Pictures(), shop.Output, general: General());
        Assert.Equal(FineTuningMethod.Head, result.Method);
        Assert.InRange(result.Chosen.Share, 0.1, 1);
        Assert.True(result.Chosen.Target.PictureToText > result.Blends[0].Target.PictureToText, "nothing was learnt");
        Assert.InRange(result.Validation!.Value.Accuracy, 0.6, 1);
        Assert.All(result.Blends, blend => Assert.Equal(result.Blends[0].General, blend.General)); // the model stays as it is

        using Clip clip = Clip.Load(Model);
        Classifier head = Classifier.Load(Path.Combine(shop.Output, "head.safetensors"), clip);
        Assert.Equal(["blick", "quax", "zorp"], head.Labels);
        float[] bus = clip.EncodeImage(TestData.PathOf("classes/vehicle/bus.png"));
        Assert.Equal("zorp", head.Best(bus).Name);
        Assert.Null(head.Direction("a word that was not learnt"));
        Assert.True(
            Similarity.Cosine(bus, head.Direction("Zorp")!) > Similarity.Cosine(bus, clip.EncodeText("zorp")),
            "the learnt direction is not nearer to its pictures than the text");

        byte[] damaged = File.ReadAllBytes(Path.Combine(shop.Output, "head.safetensors"));
        damaged[^1] ^= 1;
        File.WriteAllBytes(shop.Other, damaged);
        Assert.Contains("checksum", Assert.Throws<InvalidDataException>(() => Classifier.Load(shop.Other, clip)).Message);
    }

    [Fact]
    public void LongCaptionsAndLargePicturesAreRefusedByName()
    {
        using Workshop shop = new();
        List<CaptionedPicture> pictures = Workshop.Pictures();
        pictures[3] = pictures[3] with { Caption = string.Join(' ', Enumerable.Repeat("zorp", 60)) };
        InvalidDataException refused = Assert.Throws<InvalidDataException>(() => FineTuning.Run(Model, pictures, shop.Output));
        Assert.StartsWith(pictures[3].Picture.Name, refused.Message);
        Assert.Contains("the model takes 30", refused.Message);
        Assert.DoesNotContain("--", refused.Message);
        Assert.Equal(4, FineTuning.Run(Model, pictures, shop.Output, new()
        {
            Truncation = Truncation.KeepEnd,
            Method = FineTuningMethod.Adapters,
            Epochs = 1,
        }).Captions);
        Assert.Contains("limit of pixels", Assert.Throws<InvalidDataException>(
            () => FineTuning.Run(Model, Workshop.Pictures(), shop.Other, new() { MaxPixels = 10 })).Message);
        Assert.Contains("limit of bytes", Assert.Throws<InvalidDataException>(
            () => FineTuning.Run(Model, Workshop.Pictures(), shop.Other, new() { MaxFileBytes = 10 })).Message);
    }

    [Fact]
    public void AHeadThatIsNoBetterThanTheTextsIsNotWritten()
    {
        using Workshop shop = new();
        string[] names = ["animal", "food", "vehicle"];
        CaptionedPicture[] pictures = [.. names.SelectMany(name => Directory.GetFiles(TestData.PathOf($"classes/{name}"), "*.png")
            .Order(StringComparer.Ordinal).Select(file => new CaptionedPicture(file, name)))];
        FineTuningResult result = FineTuning.Run(Model, pictures, shop.Output, new() { Method = FineTuningMethod.Head });
        bool isBetter = result.Blends.Any(blend => blend.Target.PictureToText > result.Blends[0].Target.PictureToText);
        Assert.Equal(isBetter, result.Chosen.Share > 0);
        Assert.Equal(isBetter, File.Exists(Path.Combine(shop.Output, "head.safetensors")));
    }

    [Fact]
    public void CaptionsThatOnePictureHasAreNotForAHead()
    {
        using Workshop shop = new();
        CaptionedPicture[] pictures = [.. Workshop.Pictures().Select((picture, i) => picture with { Caption = $"thing {i}" })];
        Assert.Contains(
            "four of every caption",
            Assert.Throws<ArgumentException>(
                () => FineTuning.Run(Model, pictures, shop.Output, new() { Method = FineTuningMethod.Head })).Message);
        FineTuningResult usual = FineTuning.Run(Model, pictures, shop.Output, new() { Epochs = 1 });
        Assert.Equal(FineTuningMethod.Adapters, usual.Method);
    }

    [Fact]
    public void ABlendOfNothingIsTheModelAsItWas()
    {
        using Workshop shop = new();
        // A rate at which nothing moves: every blend is the same, and so is what is written.
        FineTuning.Run(
            Model, Workshop.Pictures(), shop.Output, new() { Method = FineTuningMethod.Adapters, Epochs = 1, Rate = 1e-12 });
        using Clip tuned = Clip.Load(shop.Output), before = Clip.Load(Model);
        Assert.Equal(before.Fingerprint, tuned.Fingerprint);
        Assert.Equal(before.EncodeText("a red apple"), tuned.EncodeText("a red apple"));
    }

    [Fact]
    public void WhatWasLearntUntilItWasStoppedIsWrittenAndMayBeContinued()
    {
        using Workshop shop = new();
        using CancellationTokenSource stop = new();
        List<FineTuningProgress> steps = [];
        FineTuningOptions options = new() { Method = FineTuningMethod.Adapters, Epochs = 4, BatchSize = 9 };
        FineTuningResult result = FineTuning.Run(
            Model, Workshop.Pictures(), shop.Output, options with { StopLearning = stop.Token },
            progress: new Listed(steps, then: stop.Cancel));
        Assert.True(result.StoppedEarly);
        Assert.Single(steps);
        using (Clip tuned = Clip.Load(shop.Output))
            Assert.NotNull(tuned.Tokenizer);

        Directory.Delete(shop.Output, recursive: true);
        FineTuningOptions other = options with { Rank = 4 };
        Assert.Contains(
            "rank 8",
            Assert.Throws<InvalidDataException>(() => FineTuning.Run(Model, Workshop.Pictures(), shop.Output, other)).Message);
        Assert.False(FineTuning.Run(Model, Workshop.Pictures(), shop.Output, options, progress: new Listed(steps)).StoppedEarly);
        Assert.Equal(2, steps[1].Step);
        Assert.False(File.Exists(shop.Output + ".checkpoint.safetensors"));
    }

    [Fact]
    public void TakesTheBestBlendThatForgetsLittleEnough()
    {
        static Blend Of(double share, double target, double general) => new(share, new(100, target, target), new(100, general, general));
        Blend[] blends = [Of(0, 0.5, 0.80), Of(0.4, 0.70, 0.80), Of(0.5, 0.7, 0.795), Of(0.9, 0.7, 0.79), Of(1, 0.9, 0.5)];
        Assert.Equal(0.5, FineTuning.Choose(blends, 0.01).Share);
        Assert.Equal(1, FineTuning.Choose(blends, 1).Share);
        Assert.Equal(0.4, FineTuning.Choose(blends, 0.001).Share);
    }

    [Fact]
    public void IntervalsAreWilsons()
    {
        (double low, double high) = new SetScore(100, 0.9, 0).Interval;
        Assert.Equal(0.8256, low, 1e-4); // Newcombe 1998
        Assert.Equal(0.9448, high, 1e-4);
        Assert.Equal((0d, 1d), new SetScore(0, 0, 0).Interval);
    }

    [Fact]
    public void RefusesWhatCannotBeLearntFrom()
    {
        using Workshop shop = new();
        ArgumentException Refused(FineTuningOptions? options, int count = 24) =>
            Assert.Throws<ArgumentException>(() => FineTuning.Run(Model, Workshop.Pictures()[..count], shop.Output, options));
        Assert.Contains("at least 8", Refused(null, count: 3).Message);
        Assert.Contains("Rank is 0", Refused(new() { Rank = 0 }).Message);
        Assert.Contains("Targets is 0", Refused(new() { Targets = 0 }).Message);
        Assert.Contains("not empty", Assert.Throws<IOException>(() => FineTuning.Run(Model, Workshop.Pictures(), Model)).Message);
        Assert.False(Directory.Exists(shop.Output));
    }

    private static List<CaptionedPicture> General() =>
        [.. Directory.GetFiles(TestData.PathOf("gallery"), "*.png").Order(StringComparer.Ordinal).Take(16).Select(file =>
            new CaptionedPicture(file, Path.GetFileNameWithoutExtension(file).Replace('-', ' ')))];

    private sealed class Listed(List<FineTuningProgress> steps, Action? then = null) : IProgress<FineTuningProgress>
    {
        public void Report(FineTuningProgress value)
        {
            steps.Add(value);
            then?.Invoke();
        }
    }
}
