namespace PureClip.Train.Packages;

/// <summary>Where <c>packages.sh</c> puts what it fetches. Only the first is needed; what else is missing is not drawn.</summary>
/// <param name="root">The folder that it has made.</param>
internal sealed class PackageFolders(string root)
{
    /// <summary>What npm has installed.</summary>
    public string Node => Path.Combine(root, "node_modules");

    /// <summary>Renders of emoji.</summary>
    public string Renders => Path.Combine(Node, "@lobehub", "fluent-emoji-3d", "assets");

    /// <summary>Clip-art.</summary>
    public string ClipArt => Path.Combine(root, "debian", "openclipart-svg", "usr", "share", "openclipart", "svg");

    /// <summary>Furniture.</summary>
    public string Furniture => Path.Combine(root, "debian", "sweethome3d-furniture", "usr", "share", "sweethome3d", "furniture");

    /// <summary>WordNet.</summary>
    public string WordNet => Path.Combine(root, "debian", "wordnet-base", "usr", "share", "wordnet");

    /// <summary>People.</summary>
    public string People => Path.Combine(root, "people.jsonl");

    /// <summary>Photographs, cut out: the stamps of a painting program.</summary>
    public string Photographs => Path.Combine(root, "debian", "tuxpaint-stamps-default", "usr", "share", "tuxpaint", "stamps");

    /// <summary>What is not there, of all that could be drawn or said.</summary>
    public IEnumerable<string> Missing => new (string Name, string Path)[]
    {
        ("3D renders", Renders), ("clip-art", ClipArt), ("furniture", Furniture), ("WordNet", WordNet), ("people", People),
        ("photographs", Photographs),
    }.Where(static part => !System.IO.Path.Exists(part.Path)).Select(static part => part.Name);
}
