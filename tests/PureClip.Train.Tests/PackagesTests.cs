using PureClip.Train.Data;
using PureClip.Train.Packages;

namespace PureClip.Train.Tests;

/// <summary>What is taken from packages, and what is not.</summary>
public sealed class PackagesTests : IDisposable
{
    private readonly PackageFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void DrawingsAreThoseThatMayBeUsed()
    {
        Drawing[] all = [.. _folder.Icons.All()];
        Drawing[] emoji = [.. all.Where(drawing => drawing.Pool == Pool.Emoji)];
        Assert.Equal(["cat", "dog", "fox", "hamster", "mouse", "own thing", "rabbit"], emoji.Select(drawing => drawing.Label).Distinct().Order());
        Drawing dog = Assert.Single(emoji, drawing => drawing is { Label: "dog", Set: "twemoji" });
        Assert.Equal(["pet", "dog face", "puppy"], dog.Keys);
        Assert.Equal("animal mammal", dog.Kind);
        // An older name of the same, which becomes a keyword; and two of three tones.
        Assert.Equal(["pet", "dog face", "puppy", "kissing dog"], Assert.Single(emoji, drawing => drawing.Name == "kissing_dog").Keys);
        Assert.Equal(2, emoji.Count(drawing => drawing.Name.StartsWith("cat-tone", StringComparison.Ordinal)));
        // One of a hat's forms, and no brand, be it by name or by kind.
        Assert.Equal(["chef hat"], all.Where(drawing => drawing.Pool == Pool.Icon).Select(drawing => drawing.Label));
        Assert.Equal("flag of australia", Assert.Single(all, drawing => drawing.Pool == Pool.Flag).Label);
        Assert.Equal(["anchor", "hammer"], all.Where(drawing => drawing.Pool == Pool.Glyph).Select(drawing => drawing.Label).Order());
        Assert.Equal(["ship", "sea port"], Assert.Single(all, drawing => drawing.Label == "anchor").Keys);
        Assert.DoesNotContain(all, drawing => drawing.Label == "orange heart"); // held out
    }

    [Fact]
    public void TheUnseenArtistIsThereToMeasureWithAlone()
    {
        Assert.Equal(["dog", "orange heart"], _folder.Icons.OfUnseenArtist().Select(drawing => drawing.Label).Order());
        Assert.DoesNotContain(_folder.Icons.All(), drawing => drawing.Set == "openmoji");
    }

    [Fact]
    public void OtherLicencesAreRefused()
    {
        _folder.Licences("CC-BY-SA-4.0");
        Assert.Contains("CC-BY-SA-4.0", Assert.Throws<InvalidDataException>(() => _folder.Icons.All().ToList()).Message);
    }

    [Fact]
    public void RendersClipArtFurnitureAndPeopleAreTaken()
    {
        OtherDrawings others = new(_folder.Folders, _folder.Texts);
        Drawing[] all = [.. others.All()];
        Assert.Equal("top hat", Assert.Single(all, drawing => drawing.Set == "fluent-3d").Label);
        // Of two equal drawings one; nothing that is held out, nothing with a mark, no stars.
        Drawing cow = Assert.Single(all, drawing => drawing.Pool == Pool.ClipArt);
        Assert.Equal(("brown cow", "farm"), (cow.Label, Assert.Single(cow.Keys)));
        Drawing chair = Assert.Single(all, drawing => drawing.Pool == Pool.Furniture);
        Assert.Equal(("arm chair", "living room"), (chair.Label, Assert.Single(chair.Keys)));
        Assert.Equal(4, all.Count(drawing => drawing.Pool == Pool.Person));
        Assert.Equal(2, all.Where(drawing => drawing.Pool == Pool.Person).Select(drawing => drawing.Group).Distinct().Count());
        Assert.DoesNotContain(all, drawing => drawing.Set == "dicebear-openPeeps");
        Assert.Equal(["turban"], Assert.Single(others.OfUnseenStyle()).Keys);
        Assert.Equal("a tiger", Assert.Single(others.Photographs()).Label); // no symbol, no cartoon, and not what has no sentence
        Assert.DoesNotContain(all, drawing => drawing.Pool == Pool.Photograph);
    }

    [Fact]
    public void WhatIsMissingIsLeftOutAndNamed()
    {
        Assert.Empty(_folder.Folders.Missing);
        File.Delete(_folder.Folders.People);
        Directory.Delete(_folder.Folders.ClipArt, recursive: true);
        Assert.Equal(["clip-art", "people"], _folder.Folders.Missing);
        Assert.Equal([Pool.Emoji, Pool.Furniture], new OtherDrawings(_folder.Folders, _folder.Texts).All().Select(drawing => drawing.Pool));
    }

    [Fact]
    public void WordsNearToANameComeFromItsNoun()
    {
        WordNet words = new(_folder.Folders.WordNet);
        Assert.Equal(["moo-cow", "bos taurus", "cattle"], words.Near("cow"));
        Assert.Equal(["moo-cow", "bos taurus", "cattle"], words.NearLabel("brown cow in a field"));
        Assert.Empty(words.NearLabel("flag of a cow"));
        Assert.Empty(words.NearLabel("dog"));
        Assert.Empty(new WordNet(Path.Combine(_folder.Path, "nothing")).Near("cow"));
    }

    [Fact]
    public void WhatIsHeldOutIsRefusedAsTrainingData()
    {
        Drawing Of(string set, string label) => new(Pool.Emoji, set, "some", "g", label, [], "");
        HoldOut.Require([Of("twemoji", "dog")]);
        Assert.Contains("some of openmoji is held out", Refused(Of("openmoji", "dog")));
        Assert.Contains("some of dicebear-openPeeps", Refused(Of("dicebear-openPeeps", "")));
        Assert.Contains("some of noto", Refused(Of("noto", EmojiTexts.Words(HoldOut.Names.First()))));

        static string Refused(Drawing drawing) => Assert.Throws<InvalidDataException>(() => HoldOut.Require([drawing])).Message;
    }
}
