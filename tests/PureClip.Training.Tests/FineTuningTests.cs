namespace PureClip.Training.Tests;

/// <summary>The shipped model learns new words for pictures, forgets little, and is written so that everybody reads it.</summary>
public class FineTuningTests
{
    private static readonly Dictionary<string, string> Words = new() { ["animal"] = "blick", ["food"] = "zorp", ["vehicle"] = "quax" };

    [Theory]
    [InlineData(FineTuningMethod.Adapters)]
    [InlineData(FineTuningMethod.Full)]
    public void LearnsNewWordsAndWritesAModel(FineTuningMethod method)
    {
        string output = Path.Combine(Directory.CreateTempSubdirectory("pureclip-tune-").FullName, "model");
        try
        {
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
            FineTuningResult result = FineTuning.Run(
                TestData.Weights("pictogram-mini"), Pictures(), output, options, General(), new Listed(steps));

            Assert.Equal(11, result.Blends.Count);
            Assert.Equal(3, result.Captions);
            Assert.Equal(24, result.Learnt + result.Chosen.Target.Pictures);
            Assert.Equal(options.Epochs, steps.Count); // one step an epoch
            Assert.True(steps[^1].Loss < steps[0].Loss / 2, $"the loss fell from {steps[0].Loss} to {steps[^1].Loss} only");
            Assert.True(result.Chosen.Target.PictureToText > result.Blends[0].Target.PictureToText, "nothing was learnt");
            Assert.InRange(result.Chosen.Target.PictureToText, 0.6, 1);
            Assert.Equal(16, result.Blends[0].General!.Value.Pictures);
            Assert.InRange(result.Blends[0].General!.Value.PictureToText, 0.7, 1);

            using Clip tuned = Clip.Load(output), before = Clip.Load(TestData.Weights("pictogram-mini"));
            Assert.NotEqual(before.Fingerprint, tuned.Fingerprint);
            float[] picture = tuned.EncodeImage(TestData.PathOf("classes/vehicle/bus.png"));
            string[] words = [.. Words.Values];
            Assert.Equal("quax", words.MaxBy(word => Similarity.Cosine(picture, tuned.EncodeText(word))));
            Assert.Equal(before.EmbeddingWidth, tuned.EmbeddingWidth);
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(output)!, recursive: true);
        }
    }

    [Fact]
    public void ABlendOfNothingIsTheModelAsItWas()
    {
        string output = Path.Combine(Directory.CreateTempSubdirectory("pureclip-tune-").FullName, "model");
        try
        {
            // A rate at which nothing moves: every blend is the same, and so is what is written.
            FineTuning.Run(TestData.Weights("pictogram-mini"), Pictures(), output, new() { Epochs = 1, Rate = 1e-12 });
            using Clip tuned = Clip.Load(output), before = Clip.Load(TestData.Weights("pictogram-mini"));
            Assert.Equal(before.Fingerprint, tuned.Fingerprint);
            Assert.Equal(before.EncodeText("a red apple"), tuned.EncodeText("a red apple"));
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(output)!, recursive: true);
        }
    }

    [Fact]
    public void WhatWasLearntUntilItWasStoppedIsWritten()
    {
        string output = Path.Combine(Directory.CreateTempSubdirectory("pureclip-tune-").FullName, "model");
        try
        {
            using CancellationTokenSource stop = new();
            List<FineTuningProgress> steps = [];
            FineTuningOptions options = new() { Epochs = 1000, StopLearning = stop.Token };
            FineTuningResult result = FineTuning.Run(
                TestData.Weights("pictogram-mini"), Pictures(), output, options, progress: new Listed(steps, then: stop.Cancel));
            Assert.True(result.StoppedEarly);
            Assert.Single(steps);
            using Clip tuned = Clip.Load(output);
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(output)!, recursive: true);
        }
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
        string output = Path.Combine(Path.GetTempPath(), "pureclip-tune-nothing");
        string model = TestData.Weights("pictogram-mini");
        Assert.Contains("at least 8", Assert.Throws<ArgumentException>(() => FineTuning.Run(model, Pictures()[..3], output)).Message);
        Assert.Contains(
            "Rank is 0", Assert.Throws<ArgumentException>(() => FineTuning.Run(model, Pictures(), output, new() { Rank = 0 })).Message);
        Assert.Contains("not empty", Assert.Throws<IOException>(() => FineTuning.Run(model, Pictures(), model)).Message);
        Assert.False(Directory.Exists(output));
    }

    private static List<CaptionedPicture> Pictures() =>
        [.. Words.SelectMany(
            word => Directory.GetFiles(TestData.PathOf($"classes/{word.Key}"), "*.png").Order(StringComparer.Ordinal)
            .Select(file => new CaptionedPicture(file, word.Value)))];

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
