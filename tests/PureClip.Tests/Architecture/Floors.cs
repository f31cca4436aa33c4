namespace PureClip.Tests.Architecture;

/// <summary>Which folder of the library may know which: a house with floors, in which arrows point down only.</summary>
/// <param name="rules">By first segment of the namespace below <c>PureClip</c>; "" is the root namespace.</param>
internal sealed class Floors(IReadOnlyDictionary<string, Floors.Rule> rules)
{
    /// <summary>A folder's floor and what it may use beside itself: folders, or single types.</summary>
    internal sealed record Rule(int Floor, params string[] MayUse);

    private const string RootNamespace = "PureClip";

    private static readonly string[] Ground = ["Simd", "Memory", "Threading"];

    /// <summary>The house as it is meant to be.</summary>
    public static IReadOnlyDictionary<string, Rule> House { get; } = new Dictionary<string, Rule>
    {
        ["Simd"] = new(0, Ground),
        ["Memory"] = new(0, Ground),
        ["Threading"] = new(0, Ground),

        // What is public of the scans stands with the public face.
        ["Scan"] = new(1, ["VectorType", "VectorRow", "ScoredRow", "RowSet", "ScanLimits", .. Ground]),

        // Four strangers. What a user sets them up with lies in the root namespace.
        ["Kernels"] = new(1, ["WeightType", .. Ground]),
        ["Safetensors"] = new(1, Ground),
        ["Tokenization"] = new(1, ["TextCleaning", "Truncation", .. Ground]),
        ["Imaging"] = new(1, ["RgbColor", "PixelOrder", "CropRounding", .. Ground]),

        // Pixels of a picture that keeps its proportions begin with its size: who writes that and who reads it share the form.
        ["Model"] = new(2, ["WeightType", "TextPositionRule", "Kernels", "Imaging.FlexibleSize", .. Ground]),

        // A directory says how pictures are prepared: of Imaging it may know that record and what the record consists of. At which id a text
        // ends, its vocabulary says where its configuration does not.
        ["Checkpoints"] = new(3,
        [
            "Model", "Safetensors", "Kernels", .. Ground,
            "Imaging.ImagePreprocessorConfig", "Imaging.ChannelValues", "Imaging.ResizeMode", "Imaging.RescaleRule", "Imaging.ResampleFilter",
            "Tokenization.TokenizerFiles", "RgbColor", "CropRounding", "PixelOrder", "WeightType", "TextPositionRule",
        ]),

        ["Files"] = new(0),

        [""] = new(4, ["Scan", "Files", "Checkpoints", "Model", "Kernels", "Safetensors", "Tokenization", "Imaging", .. Ground]),

        ["Labels"] = new(5, ["", "Search", "Safetensors", "Model", "Tokenization", .. Ground]),
        ["Concepts"] = new(5, ["", "Search", "Safetensors", "Model", "Tokenization", .. Ground]),
    };

    /// <summary>What breaks the rules, a sentence each, sorted: "Kernels.Softmax uses Model.ClipConfig (floor 1 → 2), in Run".</summary>
    public string[] Findings(IEnumerable<TypeUse> uses) =>
    [
        .. uses.Select(use => (User: Outermost(use.User), Used: Outermost(use.Used), use.Where))
            .Where(use => !IsGenerated(use.User) && !IsGenerated(use.Used) && !IsAllowed(use.User, use.Used))
            .DistinctBy(use => (use.User, use.Used))
            .Select(use => $"{use.User} uses {use.Used} (floor {FloorOf(use.User)} → {FloorOf(use.Used)}), in {use.Where}")
            .Order(StringComparer.Ordinal),
    ];

    private bool IsAllowed(string user, string used)
    {
        (string from, string to) = (FolderOf(user), FolderOf(used));
        return from == to || (rules.TryGetValue(from, out Rule? rule) && (rule.MayUse.Contains(to) || rule.MayUse.Contains(used)));
    }

    private string FloorOf(string type) => rules.TryGetValue(FolderOf(type), out Rule? rule) ? $"{rule.Floor}" : "none";

    private static string FolderOf(string type) => type.Contains('.') ? type[..type.IndexOf('.')] : "";

    /// <summary>The type that nested ones and closures belong to, below the root namespace, without its number of type parameters.</summary>
    private static string Outermost(string type)
    {
        string outer = type.Split('/', '`')[0];
        return outer.StartsWith(RootNamespace + ".", StringComparison.Ordinal) ? outer[(RootNamespace.Length + 1)..] : outer;
    }

    /// <summary>Helpers of the compiler's, such as <c>&lt;PrivateImplementationDetails&gt;</c>, are shared by all floors.</summary>
    private static bool IsGenerated(string type) => type.StartsWith('<') || type.StartsWith("System.", StringComparison.Ordinal) || type.StartsWith("Microsoft.", StringComparison.Ordinal);
}
