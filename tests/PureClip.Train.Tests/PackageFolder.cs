using System.IO.Compression;
using System.Text.Json;
using PureClip.Train.Packages;
using SkiaSharp;

namespace PureClip.Train.Tests;

/// <summary>Packages as they would be fetched, with a handful of drawings each.</summary>
internal sealed class PackageFolder : IDisposable
{
    public const string Square = "<path fill='#f00' d='M0 0h16v16H0z'/>", Circle = "<circle cx='8' cy='8' r='6' fill='currentColor'/>";

    private static readonly string[] Held = ["# held out", "orange heart"];

    public PackageFolder()
    {
        Path = Directory.CreateTempSubdirectory("pureclip-train-").FullName;
        Folders = new(Path);
        Emoji();
        Set("twemoji", [.. Names.Append("orange-heart").Append("cat-tone-1").Append("cat-tone-2").Append("cat-tone-3")
            .Select((name, i) => (name, $"{Square}<g id='{i}'/>"))],
            [.. Codes.Zip(Names), ("1F431-1F3FB", "cat-tone-1"), ("1F431-1F3FC", "cat-tone-2"), ("1F431-1F3FD", "cat-tone-3")]);
        Set("emojione", [("kissing_dog", $"{Square}<g/><g/>"), ("own-thing-2", $"{Square}<g/><g/><g/>")]);
        Set("openmoji", [("dog", Square), ("orange-heart", Circle)], [("1F436", "dog"), ("1F9E1", "orange-heart")]);
        Set("icon-park", [("chef-hat", $"{Square}<g/>"), ("chef-hat-one", $"{Square}<g/><g/>"), ("facebook", Circle), ("windmill", $"{Circle}<a/>")],
            brands: ["windmill"]);
        Set("flag", [("au-4x3", $"{Square}<i/>"), ("au-1x1", $"{Circle}<i/>")]);
        Set("tabler", [("anchor", $"{Circle}<b/>"), ("hammer", $"{Circle}<b/><b/>")]);
        Write("@tabler/icons/icons.json", new { anchor = new { tags = new[] { "ship", "anchor", "sea-port" } } });
        Licences("MIT");
        Others();
    }

    public string Path { get; }

    public PackageFolders Folders { get; }

    public EmojiTexts Texts => new(Folders.Node, Held);

    public IconSets Icons => new(Folders.Node, Texts);

    private static string[] Codes { get; } = ["1F436", "1F431", "1F42D", "1F439", "1F430", "1F98A"];

    private static string[] Names { get; } = ["dog", "cat", "mouse", "hamster", "rabbit", "fox"];

    /// <summary>Names the licence that every set has.</summary>
    public void Licences(string spdx) => Write(
        "@iconify/json/collections.json",
        ((string[])["twemoji", "emojione", "icon-park", "flag", "tabler"]).ToDictionary(set => set, set => new { name = $"Set {set}", author = new { name = "Somebody" }, license = new { spdx } }));

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private void Emoji()
    {
        Write("emojibase-data/meta/groups.json", new { subgroups = new Dictionary<string, string> { ["1"] = "animal-mammal", ["2"] = "tool" } });
        Write("emojibase-data/en/data.json", (object[])
        [
            .. Codes.Select((hexcode, i) => new
            {
                hexcode, label = Names[i], tags = new[] { "pet", $"{Names[i]} face" }, group = 3, subgroup = 1,
                skins = Enumerable.Range(0, 3).Select(tone => new { hexcode = $"{hexcode}-1F3F{"BCD"[tone]}" }),
            }),
            new { hexcode = "1F1E6", label = "regional indicator A" },
            new { hexcode = "1F9E1", label = "orange heart", tags = Array.Empty<string>(), group = 0, subgroup = 2 },
            new { hexcode = "1F1E6-1F1FA", label = "flag: Australia", tags = new[] { "AU" }, group = 9, subgroup = 2 },
            new { hexcode = "1F3A9", label = "top hat", tags = new[] { "hat" }, group = 7, subgroup = 2 },
        ]);
        Write("emojibase-data/en/shortcodes/old.json", new Dictionary<string, object> { ["1F436"] = new[] { "kissing_dog" } });
        Write("emojilib/dist/emoji-en-US.json", new Dictionary<string, string[]> { ["🐶"] = ["puppy", "dog"] });
    }

    /// <summary>A render, clip-art, furniture, people and words.</summary>
    private void Others()
    {
        using SKBitmap bitmap = new(new SKImageInfo(32, 16, SKColorType.Rgba8888, SKAlphaType.Premul));
        bitmap.Erase(SKColors.Lime);
        byte[] picture = bitmap.Encode(SKEncodedImageFormat.Webp, 100).ToArray();
        Write(System.IO.Path.Combine(Folders.Renders, "1f3a9.webp"), picture);
        Write(System.IO.Path.Combine(Folders.Renders, "1f9e1.webp"), picture);

        string Art(string title, string key, string more = "") => $"<svg xmlns='http://www.w3.org/2000/svg' xmlns:dc='d' xmlns:rdf='r' "
            + $"viewBox='0 0 16 16' width='16' height='16'><metadata><dc:title>{title}</dc:title><rdf:li>{key}</rdf:li><rdf:li>unsorted</rdf:li>"
            + $"</metadata>{Square}{more}</svg>";
        foreach ((string name, string svg) in ((string, string)[])
            [("animals/cow.svg", Art("Clip art by me - Brown Cow 02", "farm")), ("animals/twin.svg", Art("Same cow", "farm")),
            ("animals/heart.svg", Art("Orange heart", "love", "<g/>")), ("animals/mark.svg", Art("Debian logo", "penguin", "<g/><g/>")),
            ("shapes/stars/star.svg", Art("star", "star", "<i/>"))])
            Write(System.IO.Path.Combine(Folders.ClipArt, name), System.Text.Encoding.UTF8.GetBytes(svg));

        using MemoryStream archive = new();
        using (ZipArchive zip = new(archive, ZipArchiveMode.Create, leaveOpen: true))
        {
            using (StreamWriter list = new(zip.CreateEntry("PluginFurnitureCatalog.properties").Open()))
                list.Write("name#1=Arm chair 2\nicon#1=/chair.webp\ncategory#1=Living room\nname#2=Nothing\n");
            using Stream chair = zip.CreateEntry("chair.webp").Open();
            chair.Write(picture);
        }
        Write(System.IO.Path.Combine(Folders.Furniture, "some.sh3f"), archive.ToArray());

        byte[] png = bitmap.Encode(SKEncodedImageFormat.Png, 100).ToArray();
        foreach ((string name, string sentence) in ((string, string)[])
            [("animals/tiger", "A Tiger!\nfr.utf8=Un tigre"), ("symbols/plus", "Plus."), ("animals/cartoon/cat", "A cat."), ("food/none", "=x")])
        {
            Write(System.IO.Path.Combine(Folders.Photographs, $"{name}.png"), png);
            Write(System.IO.Path.Combine(Folders.Photographs, $"{name}.txt"), System.Text.Encoding.UTF8.GetBytes(sentence));
        }

        string Person(string style, int person, params string[] words) => JsonSerializer.Serialize(new
        {
            style,
            person,
            words,
            svg = $"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16' width='16' height='16'><rect x='{words.Length}' y='6' width='9' "
                + "height='10' fill='#fc9'/></svg>",
        });
        File.WriteAllLines(
            Folders.People,
            [Person("personas", 1, "smiling"), Person("personas", 1, "cap", "hat", "smiling"), Person("personas", 2, "sad"),
            Person("personas", 2, "beard", "sad"), Person("openPeeps", 1, "turban")]);

        Write(System.IO.Path.Combine(Folders.WordNet, "index.noun"), "  1 licence\ncow n 1 1 @ 1 0 00000001\n"u8.ToArray());
        Write(System.IO.Path.Combine(Folders.WordNet, "data.noun"), System.Text.Encoding.UTF8.GetBytes(
            "  1 licence\n00000001 05 n 03 cow 0 moo-cow 0 Bos_taurus 0 001 @ 00000002 n 0000 | a gloss\n"
            + "00000002 05 n 02 cattle 0 entity 0 000 | another\n"));
    }

    private void Set(string name, (string Name, string Body)[] icons, (string Code, string Name)[]? chars = null, string[]? brands = null) => Write(
        $"@iconify/json/json/{name}.json",
        new
        {
            icons = icons.ToDictionary(icon => icon.Name, icon => new { body = icon.Body }),
            chars = (chars ?? []).ToDictionary(character => character.Code.ToLowerInvariant(), character => character.Name),
            categories = new Dictionary<string, string[]> { ["Brand / Logo"] = brands ?? [] },
            width = 16,
            height = 16,
        });

    private void Write(string package, object content) => Write(
        System.IO.Path.Combine(Folders.Node, package), JsonSerializer.SerializeToUtf8Bytes(content));

    private static void Write(string path, byte[] content)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
    }
}
