using System.Text.Json;
using PureClip.Cli;
using PureClip.Train.Data;
using PureClip.Train.Measuring;
using PureClip.Training;

namespace PureClip.Train.Tests;

/// <summary>What is measured while a model learns.</summary>
public sealed class MeasuringTests : IDisposable
{
    private readonly PackageFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void TheNearestOfTheSameNameCounts()
    {
        float[][] queries = [[1, 0], [0, 1], [0.6f, 0.8f]], candidates = [[0, 1], [1, 0], [1, 0]];
        Assert.Equal(33.33, Measures.FirstOf(queries, ["a", "b", "c"], candidates, ["x", "a", "c"], 1));
        Assert.Equal(100, Measures.FirstOf(queries, ["a", "x", "x"], candidates, ["x", "a", "a"], 1));
        Assert.Equal(50, Measures.FirstOf(queries, ["a", "-", "c"], candidates, ["x", "a", "c"], 2)); // the second does not ask
        Assert.Equal(0, Measures.FirstOf([], [], candidates, ["a", "b", "c"], 1));
    }

    [Fact]
    public void EverydayQueriesHaveAnswersInTheGallery()
    {
        string[][] lines = [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "everyday.tsv")).Where(line => line[0] != '#')
            .Select(line => line.Split('\t'))];
        Assert.Equal(20, lines.Length);
        Assert.All(lines.SelectMany(line => line[1].Split(' ')), name => Assert.True(File.Exists(TestData.PathOf($"gallery/{name}.png")), name));
    }

    [Fact]
    public void TheGalleryAsksAndAnswers()
    {
        string measured = Path.Combine(_folder.Path, "measured.safetensors");
        PictureSet.Write([.. _folder.Icons.OfUnseenArtist()], measured, redraws: false, static _ => { }, CancellationToken.None);
        using PictureSet set = PictureSet.Open(measured);
        using Clip clip = Clip.Load(TestData.Weights("pictogram-mini"));
        Measures measures = new(set, TestData.PathOf("gallery"), every: 1);
        Figures figures = measures.Run(clip);
        using JsonDocument reference = JsonDocument.Parse(File.ReadAllText(TestData.PathOf("shipped-model.json")));
        JsonElement gallery = reference.RootElement.GetProperty("gallery");
        Assert.Equal(gallery.GetProperty("text_to_image_percent").GetDouble(), figures.GalleryTextToPicture, 0.3);
        Assert.Equal(gallery.GetProperty("image_to_text_percent").GetDouble(), figures.GalleryPictureToText, 0.3);
        Assert.Equal(RightAnswers(clip), figures.Everyday);
        Assert.Equal(RightThings(clip), figures.People);
        // A dog and a heart, the second of which is held out.
        Assert.Equal((1, 100), (measures.Unseen, figures.UnseenTextToPicture));
        Assert.Equal((100, 0), (figures.HeldUnseen, figures.HeldKnown));
    }

    /// <summary>What people of the gallery's pairs have on, by the difference: the way it is told in the model's card.</summary>
    private static int RightThings(Clip clip)
    {
        using JsonDocument pairs = JsonDocument.Parse(File.ReadAllText(TestData.PathOf("gallery/concepts/pairs.json")));
        JsonElement[] all = [.. pairs.RootElement.EnumerateArray()];
        string[] words = [.. all.Select(pair => pair.GetProperty("attribute").GetString()!).Distinct().Order(StringComparer.Ordinal)];
        Assert.Equal(21, words.Length);
        float[][] texts = clip.EncodeTexts(words);
        double Score(float[] a, float[] b, float[] text)
        {
            double product = 0, length = 0;
            for (int k = 0; k < text.Length; k++)
            {
                double centred = text[k] - texts.Average(t => (double)t[k]);
                product += (a[k] - b[k]) * centred;
                length += centred * centred;
            }
            return product / Math.Sqrt(length);
        }
        JsonElement[] unseen = [.. all.Where(pair => !pair.GetProperty("trained").GetBoolean())];
        Assert.Equal(18, unseen.Length);
        return unseen.Count(pair =>
        {
            float[] Picture(string side) => clip.EncodeImage(TestData.PathOf($"gallery/concepts/{pair.GetProperty(side).GetString()}"));
            float[] a = Picture("with"), b = Picture("without");
            return words[Enumerable.Range(0, 21).MaxBy(i => Score(a, b, texts[i]))] == pair.GetProperty("attribute").GetString();
        });
    }

    /// <summary>Of two pictures each: within a set k is 1, across it is the mean of 8, 1, 1 and 8.</summary>
    [Fact]
    public void KernelDistancesAreThoseOfTheFormula()
    {
        float[][] pictures = [[1, 0], [0, 1]], same = [[1, 0], [1, 0]];
        Assert.Equal(1000 * (1 + 1 - 2 * 4.5), DrawingMeasures.Distance(pictures, pictures));
        Assert.Equal(0, DrawingMeasures.Distance(same, same));
        Assert.Equal(1000 * (1 + 8 - 2 * 4.5), DrawingMeasures.Distance(pictures, same));
    }

    private static int RightAnswers(Clip clip)
    {
        string[] files = Directory.GetFiles(TestData.PathOf("gallery"), "*.png");
        float[][] pictures = [.. files.Select(file => clip.EncodeImage(file))];
        int right = 0;
        foreach (string line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "everyday.tsv")).Where(line => line[0] != '#'))
        {
            float[] query = clip.EncodeText(line.Split('\t')[0]);
            string best = files[Enumerable.Range(0, files.Length).MaxBy(i => Similarity.Cosine(query, pictures[i]))];
            right += line.Split('\t')[1].Split(' ').Contains(Path.GetFileNameWithoutExtension(best)) ? 1 : 0;
        }
        return right;
    }

    [Fact]
    public void TheAverageIsWrittenAndTheTrainingGoesOn()
    {
        TrainTests.Drawn(_folder).Dispose();
        TrainingRecipe recipe = new() { Steps = 4, BatchSize = 4, Patches = [new(1, 8)] };
        using TrainingRun run = new(Path.Combine(_folder.Path, "drawings.safetensors"), TestData.Weights("pictogram-mini"), recipe, 2, true);
        run.Trainer.RunStep();
        run.Trainer.RunStep();
        NumberSet numbers = run.Trainer.Model.Numbers.Numbers;
        float[] before = numbers[ClipTraining.LogitScale].ToArray(), average = run.Trainer.Average[ClipTraining.LogitScale].ToArray();
        Assert.NotEqual(before, average);
        string path = Path.Combine(_folder.Path, "average"), scaled = Path.Combine(_folder.Path, "scaled");
        run.Average.Write(path);
        run.Average.Write(scaled, 33);
        Assert.Equal(before, numbers[ClipTraining.LogitScale].ToArray());
        using Clip written = Clip.Load(path), other = Clip.Load(scaled);
        Assert.Equal(Math.Exp(average[0]), written.LogitScale, 0.05); // rounded to F16
        Assert.Equal(33, other.LogitScale, 0.1);
        Assert.Equal(written.EncodeText("a dog"), other.EncodeText("a dog"));
    }

    [Fact]
    public void StepsAndMeasurementsAreLines()
    {
        StringWriter said = new();
        using (RunLog log = new(_folder.Path, new Shell(TextReader.Null, said, TextWriter.Null, "test")))
        {
            TrainingProgress step = new(7, 100, 5.5, 3.25, 0.5, 1, 14, 1, 0.5, 256);
            log.Write(step);
            log.Write(step, new(31, 25, 87, 33, 65, 84, 82, 17, 41, 9, 6, 0.5, 21));
        }
        JsonElement[] lines = [.. File.ReadLines(Path.Combine(_folder.Path, RunLog.FileName)).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal((7, 512), (lines[0].GetProperty("step").GetInt32(), lines[0].GetProperty("pairs_per_second").GetInt32()));
        Assert.Equal((7, 31), (lines[1].GetProperty("measured").GetInt32(), lines[1].GetProperty("unseen_text_to_picture").GetInt32()));
        Assert.Contains("step 7 of 100, 0.0 hours to go", said.ToString());
        Assert.Contains("everyday queries 17 of 20", said.ToString());
    }
}
