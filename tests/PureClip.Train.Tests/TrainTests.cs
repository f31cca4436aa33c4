using PureClip.Train.Data;
using PureClip.Train.Packages;
using PureClip.Training;

namespace PureClip.Train.Tests;

/// <summary>From packages to drawings, and from drawings to batches.</summary>
public class TrainTests
{
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
        Scene scene = new() { Layers = [new(red, new(0.5f, 0.5f, -0.5f))], Caption = "", Contents = [], Facts = [], Ground = (0, 0, 1) };
        SceneRenderer.Render(scene, set, pixels);
        (float R, float B) At(int x, int y) => (pixels[y * 64 + x], pixels[2 * 4096 + y * 64 + x]);
        Assert.Equal((1f, 0f), At(48, 16)); // the upper right quarter is the drawing
        Assert.Equal((0f, 1f), At(16, 16));
        Assert.Equal((0f, 1f), At(48, 48));

        // Bent everywhere by a quarter of the drawing to the right, it is seen a quarter further left.
        scene.Bend = [.. Enumerable.Repeat<float[]>([0.5f, 0], 25).SelectMany(static point => point)];
        SceneRenderer.Render(scene, set, pixels);
        Assert.Equal((1f, 0f), At(28, 16));
        Assert.Equal((0f, 1f), At(60, 16));
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
        List<Scene> scenes = batches.Scenes(1, 5, 24, out _);
        // What a caption says is true of every picture that it is marked for.
        for (int i = 0; i < 24; i++)
            for (int j = 0; j < 24; j++)
                if (i != j)
                    Assert.Equal(scenes[j].Contents.All(scenes[i].Facts.Contains), a.Positives[i * 24 + j]);
    }

    [Fact]
    public void PicturesOfAPairLookAlikeAndDifferInWhatIsSaid()
    {
        using PackageFolder folder = new();
        using PictureSet set = Drawn(folder);
        using Clip clip = Clip.Load(TestData.Weights("pictogram-mini"));
        PictogramBatches batches = new(set, clip.Tokenizer!);
        HashSet<Pool> seen = [];
        int hats = 0;
        for (int step = 8000; step < 8020; step++)
        {
            List<Scene> scenes = batches.Scenes(1, step, 64, out List<(int U, int V)> pairs);
            Assert.Equal(64, scenes.Count);
            Assert.NotEmpty(pairs);
            foreach ((int u, int v) in pairs)
            {
                Assert.Same(scenes[u].Look, scenes[v].Look);
                Assert.True(scenes[u].Partner == scenes[v] || scenes[v].Partner == scenes[u] || scenes[u].Partner == scenes[v].Partner);
            }
            foreach (Scene scene in scenes)
            {
                seen.UnionWith(scene.Layers.Select(layer => set.All[layer.Drawing].Pool));
                Assert.True(scene.Contents.TrueForAll(scene.Facts.Contains), scene.Caption);
                Assert.NotEmpty(scene.Caption);
                bool isInked = scene.Layers.Exists(layer => layer.IsGlyph);
                Assert.False(isInked && scene.IsGrey && scene.Partner is null);
                if (scene.Look.LosesColours && !isInked && !Dressing.NamesColour(scene.Caption))
                    Assert.DoesNotContain(scene.Facts, Dressing.NamesColour);
                if (scene.Layers.Count == 2 && set.All[scene.Layers[1].Drawing].Label == "top hat" && scene.Layers[1].At.Scale < 1
                    && scene.Facts.Contains("headwear"))
                    hats++;
            }
        }
        Assert.Equal([.. Enum.GetValues<Pool>().Where(pool => pool != Pool.Photograph)], seen.Order());
        // The first pictures of a run are as their artists made them.
        Assert.All(batches.Scenes(1, 0, 64, out _), scene => Assert.Same(Look.AsDrawn, scene.Look));
        Assert.True(hats > 0);
    }

    [Fact]
    public void AHatSitsOnTheHead()
    {
        using PackageFolder folder = new();
        using PictureSet set = Drawn(folder);
        Wear wear = new(set, Thing.Of(set)[Pool.Emoji], new(set));
        Draws draws = new(1, 2, 3, 4);
        for (int i = 0; i < 20; i++)
        {
            (Scene with, Scene without) = wear.Compose(ref draws);
            Assert.Equal(with.Layers[0], Assert.Single(without.Layers));
            Assert.Subset(with.Facts, without.Facts);
            Assert.Contains("hat", with.Facts);
            // The render is twice as wide as high, so the hat's lower edge lies half its size below its middle.
            Placement hat = with.Layers[1].At, face = with.Layers[0].At;
            bool isPerson = set.All[with.Layers[0].Drawing].Pool == Pool.Person;
            double top = (isPerson ? -0.25 : -1) * face.Scale + face.Y, height = (isPerson ? 1.25 : 2) * face.Scale;
            Assert.Equal(top + (isPerson ? 0.14 : 0.2) * height, hat.Y + 0.5 * hat.Scale, 0.03);
        }
    }

    [Fact]
    public void PeopleAreToldByWhatTheyHave()
    {
        People.Person person = new(0, ["cap", "hat", "smiling"], []);
        HashSet<string> captions = [];
        for (ulong i = 0; i < 400; i++)
        {
            Draws draws = new(1, i, 0, 0);
            (string caption, List<string> contents) = People.Caption(person, ref draws);
            captions.Add(caption);
            Assert.All(contents, content => Assert.Contains(content, (string[])["cap", "hat", "smiling", "smile", "person", "baseball cap", "headwear"]));
        }
        Assert.Contains("a smiling person with a cap", captions);
        Assert.Contains("baseball cap", captions);
    }

    [Fact]
    public void TheFileIsTheSameAgain()
    {
        using PackageFolder folder = new();
        using PictureSet first = Drawn(folder, "a"), second = Drawn(folder, "b");
        Assert.Equal(first.Fingerprint, second.Fingerprint);
        Assert.Equal(
            File.ReadAllBytes(Path.Combine(folder.Path, "a.safetensors")), File.ReadAllBytes(Path.Combine(folder.Path, "b.safetensors")));
        int dog = Enumerable.Range(0, first.All.Count).First(i => first.All[i].Label == "dog");
        Assert.Equal(3, first.VariantsOf(dog).Count());
        byte[] own = new byte[PictureSet.BytesEach], again = new byte[PictureSet.BytesEach];
        first.Read(dog, own);
        first.Read(first.VariantsOf(dog).First(), again);
        Assert.NotEqual(own, again);
        Assert.Contains(
            "no drawings",
            Assert.Throws<InvalidDataException>(
                () => PictureSet.Open(Path.Combine(TestData.Weights("pictogram-mini"), "model.safetensors"))).Message);
    }

    internal static PictureSet Drawn(PackageFolder folder, string name = "drawings")
    {
        string file = Path.Combine(folder.Path, $"{name}.safetensors");
        PictureSet.Write(
            [.. folder.Icons.All(), .. new OtherDrawings(folder.Folders, folder.Texts).All()], file, redraws: true, static _ => { },
            CancellationToken.None);
        return PictureSet.Open(file);
    }
}
