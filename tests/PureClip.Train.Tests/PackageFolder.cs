namespace PureClip.Train.Tests;

/// <summary>Packages as npm would install them, with a handful of drawings, and the file that is drawn of them.</summary>
internal sealed class PackageFolder : IDisposable
{
    private const string Square = "<path fill='#f00' d='M0 0h16v16H0z'/>", Circle = "<circle cx='8' cy='8' r='6' fill='currentColor'/>";

    public PackageFolder()
    {
        Path = Directory.CreateTempSubdirectory("pureclip-train-").FullName;
        string[] codes = ["1F436", "1F431", "1F42D", "1F439", "1F430", "1F98A"],
            names = ["dog", "cat", "mouse", "hamster", "rabbit", "fox"];
        Write("emojibase-data/meta/groups.json",
            new { subgroups = new Dictionary<string, string> { ["1"] = "animal-mammal", ["2"] = "tool" } });
        Write("emojibase-data/en/data.json", (object[])
        [
            .. codes.Select(
                (hexcode, i) => new { hexcode, label = names[i], tags = new[] { "pet", $"{names[i]} face" }, group = 3, subgroup = 1 }),
            new { hexcode = "1F1E6", label = "regional indicator A" },
            new { hexcode = "1F9E1", label = "orange heart", tags = Array.Empty<string>(), group = 0, subgroup = 2 },
            new { hexcode = "1F1E6-1F1FA", label = "flag: Australia", tags = new[] { "AU" }, group = 9, subgroup = 2 },
        ]);
        Write("emojilib/dist/emoji-en-US.json", new Dictionary<string, string[]> { ["🐶"] = ["puppy", "dog"] });
        Set("twemoji", [.. names.Append("orange-heart").Select((name, i) => (name, $"{Square}<g id='{i}'/>"))],
            codes.Zip(names).ToDictionary(pair => pair.First.ToLowerInvariant(), pair => pair.Second));
        Set("icon-park", [("chef-hat", $"{Square}<g/>"), ("chef-hat-one", $"{Square}<g/><g/>"), ("facebook", Circle)]);
        Set("flag", [("au-4x3", $"{Square}<i/>"), ("au-1x1", $"{Circle}<i/>")]);
        Set("tabler", [("anchor", $"{Circle}<b/>"), ("hammer", $"{Circle}<b/><b/>")]);
        Licences("MIT");
    }

    public string Path { get; }

    /// <summary>Names the licence that every set has.</summary>
    public void Licences(string spdx) => Write(
        "@iconify/json/collections.json",
        ((string[])["twemoji", "icon-park", "flag", "tabler"]).ToDictionary(set => set, _ => new { license = new { spdx } }));

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private void Set(string name, (string Name, string Body)[] icons, Dictionary<string, string>? chars = null) => Write(
        $"@iconify/json/json/{name}.json",
        new
        {
            icons = icons.ToDictionary(icon => icon.Name, icon => new { body = icon.Body }),
            chars = chars ?? [],
            width = 16,
            height = 16,
        });

    private void Write(string file, object content)
    {
        string path = System.IO.Path.Combine(Path, file);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, System.Text.Json.JsonSerializer.Serialize(content));
    }
}
