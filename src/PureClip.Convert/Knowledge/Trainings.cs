using PureClip.Model;

namespace PureClip.Convert.Knowledge;

/// <summary>
/// Which published trainings used QuickGELU and which other preprocessing than OpenAI's (open_clip src/open_clip/pretrained.py). What is
/// not here was trained with the exact GELU and OpenAI's preprocessing, if it is OpenCLIP's.
/// </summary>
internal static class Trainings
{
    /// <summary>All of them, the more specific first.</summary>
    public static IReadOnlyList<Training> All { get; } =
    [
        new("dfn2b_s39b", ["dfn2b", "39b"], [], GeluKind.Erf, Preprocessing.OpenAi),
        new("dfn2b", ["dfn2b"], ["ViT-B-16", "ViT-L-14"], GeluKind.Quick, Preprocessing.OpenAi),
        new("dfn5b", ["dfn5b"], ["ViT-H-14", "ViT-H-14-378"], GeluKind.Quick, Preprocessing.OpenAi with { Squash = true }),
        new("metaclip_altogether", ["metaclip", "altogether"], [], GeluKind.Erf, Preprocessing.OpenAi),
        new("metaclip_400m", ["metaclip", "400m"], [], GeluKind.Quick, Preprocessing.OpenAi),
        new("metaclip_fullcc", ["metaclip", "fullcc"], [], GeluKind.Quick, Preprocessing.OpenAi),
        new("laion400m_e31", ["laion400me31"], ["ViT-B-32"], GeluKind.Quick, Preprocessing.OpenAi),
        new("laion400m_e32", ["laion400me32"], ["ViT-B-32"], GeluKind.Quick, Preprocessing.OpenAi),
        new("laion400m", ["laion400m"], [], GeluKind.Erf, Preprocessing.OpenAi),
        new("laion2b_s32b_b82k", ["laion2bs32bb82k"], ["ViT-L-14"], GeluKind.Erf, Preprocessing.Half),
        new("laion2b", ["laion2b"], [], GeluKind.Erf, Preprocessing.OpenAi),
        new("datacomp", ["datacomp"], [], GeluKind.Erf, Preprocessing.OpenAi),
        new("commonpool", ["commonpool"], [], GeluKind.Erf, Preprocessing.OpenAi),
        new("yfcc15m", ["yfcc15m"], ["RN50", "RN101"], GeluKind.Quick, Preprocessing.OpenAi),
        new("cc12m", ["cc12m"], ["RN50", "RN101"], GeluKind.Quick, Preprocessing.OpenAi),
        new("openai", ["openai"], [], GeluKind.Quick, Preprocessing.OpenAi),
    ];

    /// <summary>SHA-256 of the files that OpenAI publishes (openai/CLIP clip/clip.py, in the addresses), and the model of each.</summary>
    public static IReadOnlyDictionary<string, string> OpenAiFiles { get; } =
        new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
        {
            ["afeb0e10f9e5a86da6080e35cf09123aca3b358a0c3e3b6c78a7b63bc04b6762"] = "RN50",
            ["8fa8567bab74a42d41c5915025a8e4538c3bdbe8804a470a72f30b0d94fab599"] = "RN101",
            ["7e526bd135e493cef0776de27d5f42653e6b4c8bf9e0f653bb11773263205fdd"] = "RN50x4",
            ["52378b407f34354e150460fe41077663dd5b39c54cd0bfd2b27167a4a06ec9aa"] = "RN50x16",
            ["be1cfb55d75a9666199fb2206c106743da0f6468c9d327f3e0d0a543a9919d9c"] = "RN50x64",
            ["40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af"] = "ViT-B-32",
            ["5806e77cd80f8b59890b7e101eabd078d9fb84e6937f9e85e4ecb61988df416f"] = "ViT-B-16",
            ["b8cca3fd41ae0c99ba7e8951adf17d267cdb84cd88be6f7c2e0eca1737a03836"] = "ViT-L-14",
            ["3035c92b350959924f9f00213499208652fc7ea050643e8b385c2dac08641f02"] = "ViT-L-14-336",
        };

    /// <summary>
    /// The training that a file's or repository's name speaks of, or null: also for TinyCLIP, whose GELU its names do not tell.
    /// </summary>
    /// <param name="name">Such as "CLIP-ViT-B-32-laion2B-s34B-b79K", "vit_b_32-laion400m_e32-46683a32.pt".</param>
    /// <param name="architecture">The architecture that the shapes say, or null.</param>
    public static Training? FromName(string name, string? architecture)
    {
        if (architecture?.StartsWith("TinyCLIP", StringComparison.Ordinal) is true)
            return null;
        string letters = new([.. name.ToLowerInvariant().Where(char.IsAsciiLetterOrDigit)]);
        return All.FirstOrDefault(t =>
            t.Spellings.All(s => letters.Contains(s, StringComparison.Ordinal))
            && (t.Architectures.Length == 0 || architecture is null
                || t.Architectures.Contains(architecture, StringComparer.OrdinalIgnoreCase)));
    }
}

/// <summary>One published training run, by how its tag is spelled in file and repository names.</summary>
/// <param name="Tag">OpenCLIP's tag.</param>
/// <param name="Spellings">Lower-case letters and digits that names contain, all of which must occur.</param>
/// <param name="Architectures">Names it applies to; empty for all.</param>
/// <param name="Gelu">The activation; no weight file tells it.</param>
/// <param name="Preprocessing">How pictures are prepared.</param>
internal sealed record Training(string Tag, string[] Spellings, string[] Architectures, GeluKind Gelu, Preprocessing Preprocessing);

/// <summary>How pictures were prepared when a model was trained.</summary>
/// <param name="Mean">Mean of red, green, blue in 0 to 1.</param>
/// <param name="Deviation">Deviation of red, green, blue in 0 to 1.</param>
/// <param name="Squash">True where pictures are squeezed into a square instead of cropped.</param>
internal sealed record Preprocessing(float[] Mean, float[] Deviation, bool Squash)
{
    /// <summary>OpenAI's: bicubic, shortest side, centre crop.</summary>
    public static Preprocessing OpenAi { get; } =
        new([0.48145466f, 0.4578275f, 0.40821073f], [0.26862954f, 0.26130258f, 0.27577711f], false);

    /// <summary>0.5 and 0.5, shortest side, centre crop.</summary>
    public static Preprocessing Half { get; } = new([0.5f, 0.5f, 0.5f], [0.5f, 0.5f, 0.5f], false);
}
