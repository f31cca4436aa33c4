using System.Text.Json;

namespace PureClip.Labels;

/// <summary>
/// Templates by the names of the data sets that they were chosen for: OpenAI's 80 and 7 for ImageNet (<c>openai-imagenet-80</c>,
/// <c>openai-imagenet-7</c>) and the paper's for its other sets.
/// </summary>
/// <remarks>openai/CLIP, data/prompts.md and notebooks/Prompt_Engineering_for_ImageNet.ipynb.</remarks>
public static class PublishedTemplates
{
    private const string Resource = "Labels/templates.json";

    private static readonly Lazy<Dictionary<string, PromptTemplate[]>> Sets = new(Read);

    /// <summary>The names of all sets.</summary>
    public static IReadOnlyCollection<string> Names => Sets.Value.Keys;

    /// <summary>The templates of a set.</summary>
    /// <param name="name">One of <see cref="Names"/>, in whatever case.</param>
    /// <exception cref="ArgumentException">There is no such set.</exception>
    public static IReadOnlyList<PromptTemplate> Of(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Sets.Value.TryGetValue(name, out PromptTemplate[]? templates)
            ? templates
            : throw new ArgumentException($"There are no published templates of the name '{name}'; there are those of "
                + $"{string.Join(", ", Names)}.", nameof(name));
    }

    private static Dictionary<string, PromptTemplate[]> Read()
    {
        using Stream stream = typeof(PublishedTemplates).Assembly.GetManifestResourceStream(Resource)!;
        using JsonDocument document = JsonDocument.Parse(stream);
        return document.RootElement.EnumerateObject().ToDictionary(
            static set => set.Name,
            static set => set.Value.EnumerateArray().Select(static text => new PromptTemplate(text.GetString()!)).ToArray(),
            StringComparer.OrdinalIgnoreCase);
    }
}
