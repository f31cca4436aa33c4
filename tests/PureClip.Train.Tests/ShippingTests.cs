using System.Text.Json;
using PureClip.Train.Data;
using PureClip.Train.Measuring;
using PureClip.Train.Shipping;
using PureClip.Training;

namespace PureClip.Train.Tests;

/// <summary>What follows from a finished checkpoint.</summary>
public sealed class ShippingTests : IDisposable
{
    private readonly PackageFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void PlainLoopsAndTheEngineAgree()
    {
        // Independent of one another: the engine's kernels, and loops in double that know nothing of it.
        string model = TestData.Weights("pictogram-mini"), written = Path.Combine(_folder.Path, "reference.json");
        string old = TestData.PathOf("shipped-model.json");
        Figures figures = new(31, 25, 87, 33, 65, 84.25, 82.5, 17, 41, 9, 6, 0.5, 21);
        ReferenceFile.Write(Few(old), model, TestData.PathOf("gallery"), figures, written);
        using JsonDocument made = JsonDocument.Parse(File.ReadAllText(written)), shipped = JsonDocument.Parse(File.ReadAllText(old));
        Assert.Equal(84.25, made.RootElement.GetProperty("gallery").GetProperty("text_to_image_percent").GetDouble());
        Assert.Equal(
            shipped.RootElement.GetProperty("logit_scale").GetDouble(), made.RootElement.GetProperty("logit_scale").GetDouble(), 1e-7);
        using Clip clip = Clip.Load(model, new() { Truncation = Truncation.KeepEnd });
        foreach (JsonElement text in made.RootElement.GetProperty("texts").EnumerateArray())
            Near(text, clip.EncodeText(text.GetProperty("text").GetString()!), shipped.RootElement.GetProperty("texts"), "text");
        foreach (JsonElement image in made.RootElement.GetProperty("images").EnumerateArray())
            Near(
                image, clip.EncodeImage(TestData.PathOf($"gallery/{image.GetProperty("file").GetString()}")),
                shipped.RootElement.GetProperty("images"), "file");
    }

    [Fact]
    public void EverySetHasItsAuthor()
    {
        using PictureSet set = TrainTests.Drawn(_folder);
        string text = Attribution.Of(set, _folder.Folders, "1.2.3");
        Assert.Contains("| Set twemoji | Somebody | MIT | @iconify/json 1.2.3 (twemoji) | 6 |", text);
        Assert.Contains("| Fluent Emoji 3D | Microsoft Corporation | MIT |", text);
        Assert.Contains("| DiceBear style \"Personas by Draftbit\" | Draftbit - draftbit.com | CC BY 4.0 |", text);
        Assert.All(set.All.Select(drawing => drawing.Set).Distinct(), name => Assert.Contains(
            name switch { "openclipart" => "Open Clip Art", "sweethome3d" => "Sweet Home", "fluent-3d" => "3D", _ => name.Replace("dicebear-", "") },
            text));
        File.WriteAllText(Path.Combine(_folder.Folders.Node, "@iconify", "json", "collections.json"), "{}");
        Assert.Contains("author", Assert.Throws<InvalidDataException>(() => Attribution.Of(set, _folder.Folders, "1")).Message);
    }

    [Fact]
    public void TheCardHasEveryFigure()
    {
        string template = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "card.md"));
        Dictionary<string, object> values = ModelCard.Of(new(31.25, 25, 87, 33, 65.456, 84, 82, 17, 41.5, 9, 6.2, 0.5, 21));
        Assert.Contains("{parameters}", Assert.Throws<InvalidDataException>(() => ModelCard.Fill(template, values)).Message);
        foreach (string name in (string[])
            ["parameters", "megabytes", "pictures", "redrawn", "steps", "batch", "draws", "muon", "adamw", "schedule",
            "average", "unseen", "looks", "curve"])
            values[name] = $"<{name}>";
        string card = ModelCard.Fill(template, values);
        Assert.Contains("text to picture | 31.25 % |", card);
        Assert.Contains("(mean), of 120 | 65.46 % |", card);
        Assert.Contains("| 17 of 20 |", card);
        Assert.Contains("| 9 of 18 |", card);
        Assert.DoesNotContain("{", card);
    }

    [Fact]
    public void TheCardSaysHowARunWasEnded()
    {
        TrainingRecipe recipe = new() { Steps = 40_000, Patches = [new(0.6, 28), new(0.84, 36)] };
        Assert.Equal(
            "warm-up and cosine; 28 of 64 patches until 60 % of the steps, 36 of 64 patches until 84 % of the steps, then all",
            ShipCommand.ScheduleOf(recipe));
        Assert.StartsWith(
            "warm-up and cosine of 40000 steps up to step 5200, from there on within 1500 steps to nothing as 1 − √t",
            ShipCommand.ScheduleOf(recipe with { Cooldown = new(5200, 1500) }));
    }

    [Fact]
    public void TheCurveCountsAStepOnceAndHasADozenRows()
    {
        string Line(int step, double value) => $"{{\"measured\":{step},\"unseen_text_to_picture\":{value},\"ten_way\":50.5}}";
        string[] log = [.. Enumerable.Range(1, 30).SelectMany(step => (string[])[$"{{\"step\":{step}}}", Line(step, step)]), Line(3, 99)];
        string[] rows = ModelCard.Curve(log, out int looks).TrimEnd('\n').Split('\n');
        Assert.Equal(30, looks);
        Assert.Equal(12, rows.Length); // head, rule and every third
        Assert.StartsWith("| 3 | 99 | | 50.5 | | ", rows[2]);
        Assert.StartsWith("| 30 | 30 |", rows[^1]);
        Assert.All(rows, row => Assert.Equal(12, row.Count(letter => letter == '|')));
    }

    [Fact]
    public void FiguresOfTheReadmeAreReplacedInTheirRows()
    {
        const string Old = """
            | pictogram-mini | its card | text to picture R@1 1 %, picture to text 2.5 % |
            as above, 1 % and 2.5 % in F32):
            | BF16 | 0.1 | 1 % | 2 % |
            | INT8, 8 bits by 8 (VNNI) | 0.1 | 1 % | 2 % |
            | INT8, 7 bits by 8 | 0.1 | 1 % | 2 % |
            | INT8 | other | 3 | table |
            """;
        string[] lines = ReadmeFigures.Replace(Old, TestData.Weights("pictogram-mini"), TestData.PathOf("gallery"), hasVnni: true).Split('\n');
        Assert.Matches(@"R@1 8\d\.\d+ %, picture to text 8\d\.\d+ % \|$", lines[0]);
        Assert.Matches(@"^as above, 8\d\.\d+ % and 8\d\.\d+ % in F32\):$", lines[1]);
        Assert.Matches(@"^\| BF16 \| 0\.9999\d \| 8\d\.\d+ % \| 8\d\.\d+ % \|$", lines[2]);
        Assert.Matches(@"^\| INT8, 8 bits by 8 \(VNNI\) \| 0\.99\d\d \| 8\d\.\d+ % \| 8\d\.\d+ % \|$", lines[3]);
        Assert.Equal(["| INT8, 7 bits by 8 | 0.1 | 1 % | 2 % |", "| INT8 | other | 3 | table |"], lines[4..]);
    }

    /// <summary>The reference file with three texts and two pictures of it: loops in double are slow.</summary>
    private string Few(string file)
    {
        System.Text.Json.Nodes.JsonNode all = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(file))!;
        foreach ((string name, int count) in ((string, int)[])[("texts", 3), ("images", 2)])
            while (all[name]!.AsArray().Count > count)
                all[name]!.AsArray().RemoveAt(count);
        string path = Path.Combine(_folder.Path, "few.json");
        File.WriteAllText(path, all.ToJsonString());
        return path;
    }

    private static void Near(JsonElement made, float[] engine, JsonElement shipped, string key)
    {
        static double[] Numbers(JsonElement one) => [.. one.GetProperty("embedding").EnumerateArray().Select(number => number.GetDouble())];
        JsonElement same = shipped.EnumerateArray().Single(one => one.GetProperty(key).GetString() == made.GetProperty(key).GetString());
        double[] plain = Numbers(made), reference = Numbers(same);
        for (int i = 0; i < plain.Length; i++)
        {
            Assert.Equal(plain[i], engine[i], 2e-6);
            Assert.Equal(plain[i], reference[i], 2e-6);
        }
    }
}
