using PureClip.Train.Data;
using PureClip.Train.Packages;
using PureClip.Training;

namespace PureClip.Train.Tests;

/// <summary>From packages to drawings, from drawings to batches, and from batches to a model.</summary>
public class TrainTests
{
    [Fact]
    public void DrawingsAreThoseThatMayBeUsed()
    {
        using PackageFolder folder = new();
        Drawing[] all = [.. Sets(folder).All()];
        Assert.Equal(
            ["cat", "dog", "fox", "hamster", "mouse", "rabbit"],
            all.Where(drawing => drawing.Pool == Pool.Emoji).Select(drawing => drawing.Label).Order());
        Drawing dog = Assert.Single(all, drawing => drawing.Label == "dog");
        Assert.Equal(["pet", "dog face", "puppy"], dog.Keys);
        Assert.Equal("animal mammal", dog.Kind);
        // One of a hat's forms, and no brand.
        Assert.Equal(["chef hat"], all.Where(drawing => drawing.Pool == Pool.Icon).Select(drawing => drawing.Label));
        Assert.Equal("flag of australia", Assert.Single(all, drawing => drawing.Pool == Pool.Flag).Label);
        Assert.Equal(["anchor", "hammer"], all.Where(drawing => drawing.Pool == Pool.Glyph).Select(drawing => drawing.Label).Order());
        Assert.DoesNotContain(all, drawing => drawing.Label == "orange heart"); // held out
    }

    [Fact]
    public void OtherLicencesAreRefused()
    {
        using PackageFolder folder = new();
        folder.Licences("CC-BY-SA-4.0");
        Assert.Contains("CC-BY-SA-4.0", Assert.Throws<InvalidDataException>(() => Sets(folder).All().ToList()).Message);
    }

    [Fact]
    public void SvgBecomesPremultipliedPixelsInTheMiddle()
    {
        byte[] pixels = SvgPictures.Draw(
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 16' width='32' height='16'>"
                + "<path fill='#f00' fill-opacity='.5' d='M0 0h32v16H0z'/></svg>", 8)!;
        Assert.All(Enumerable.Range(0, 8), column => Assert.Equal(0, pixels[column * 4 + 3])); // above
        byte[] middle = pixels[(4 * 8 * 4)..(4 * 8 * 4 + 4)];
        Assert.InRange(middle[0], 126, 129); // half of red
        Assert.Equal((0, 0), (middle[1], middle[2]));
        Assert.InRange(middle[3], 126, 129);
        Assert.Null(SvgPictures.Draw("no drawing", 8));
    }

    [Fact]
    public void ALayerLiesWhereItIsPut()
    {
        using PackageFolder folder = new();
        using PictureSet set = Drawn(folder);
        int red = Enumerable.Range(0, set.All.Count).First(i => set.All[i].Label == "dog");
        float[] pixels = new float[3 * 64 * 64];
        SceneRenderer.Render(
            new() { Layers = [(red, new(0.5f, 0.5f, -0.5f))], Caption = "", Contents = [], Facts = [], Ground = (0, 0, 1) }, set, pixels);
        (float R, float B) At(int x, int y) => (pixels[y * 64 + x], pixels[2 * 4096 + y * 64 + x]);
        Assert.Equal((1f, 0f), At(48, 16)); // the upper right quarter is the drawing
        Assert.Equal((0f, 1f), At(16, 16));
        Assert.Equal((0f, 1f), At(48, 48));
    }

    [Fact]
    public void ABatchIsAFunctionOfSeedAndStep()
    {
        using PackageFolder folder = new();
        using PictureSet set = Drawn(folder);
        using Clip clip = Clip.Load(TestData.Weights("pictogram-mini"));
        PictogramBatches batches = new(set, clip.Tokenizer!);
        ClipBatch a = batches.Draw(1, 5, 24, 28), again = batches.Draw(1, 5, 24, 28), other = batches.Draw(1, 6, 24, 28);
        Assert.Equal(a.Pixels, again.Pixels);
        Assert.Equal(a.Texts, again.Texts);
        Assert.NotEqual(a.Pixels, other.Pixels);
        Assert.All(a.Kept!, kept => Assert.Equal(28, kept.Distinct().Count()));
        Assert.All(Enumerable.Range(0, 24), i => Assert.True(a.Positives[i * 24 + i]));
        Assert.Equal(24, a.PictureFacts!.Rows);
        Assert.Equal(a.Pairs.Count, a.PairFacts?.Rows ?? 0);
        List<Scene> scenes = batches.Scenes(1, 5, 24, out List<(int U, int V)> pairs);
        Assert.NotEmpty(pairs);
        Assert.All(pairs, pair => Assert.True(scenes[pair.U].Layers.Count == 2 && scenes[pair.V].Layers.Count == 1));
        // What a caption says is true of every picture that it is marked for.
        for (int i = 0; i < 24; i++)
            for (int j = 0; j < 24; j++)
                if (i != j)
                    Assert.Equal(scenes[j].Contents.All(scenes[i].Facts.Contains), a.Positives[i * 24 + j]);
    }

    [Fact]
    public void TheFileIsTheSameAgain()
    {
        using PackageFolder folder = new();
        using PictureSet first = Drawn(folder, "a"), second = Drawn(folder, "b");
        Assert.Equal(first.Fingerprint, second.Fingerprint);
        Assert.Equal(first.All.Select(drawing => (drawing.Pool, drawing.Name)), second.All.Select(drawing => (drawing.Pool, drawing.Name)));
        Assert.Contains(
            "no drawings",
            Assert.Throws<InvalidDataException>(
                () => PictureSet.Open(Path.Combine(TestData.Weights("pictogram-mini"), "model.safetensors"))).Message);
    }

    private static IconSets Sets(PackageFolder folder) => new(folder.Path, new(folder.Path, ["# held out", "orange heart"]));

    private static PictureSet Drawn(PackageFolder folder, string name = "drawings")
    {
        string file = Path.Combine(folder.Path, $"{name}.safetensors");
        PictureSet.Write([.. Sets(folder).All()], file, static _ => { }, CancellationToken.None);
        return PictureSet.Open(file);
    }
}
