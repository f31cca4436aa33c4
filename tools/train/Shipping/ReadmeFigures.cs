using System.Globalization;
using System.Numerics.Tensors;
using System.Text.RegularExpressions;
using PureClip.Train.Measuring;

namespace PureClip.Train.Shipping;

/// <summary>Figures of the shipped model that stand in the README's tables: retrieval in its gallery, by type of weights.</summary>
internal static partial class ReadmeFigures
{
    /// <summary>A row of the table of types of weights.</summary>
    /// <param name="Label">How the row begins.</param>
    /// <param name="Weights">The type.</param>
    /// <param name="Vectors">The vector width; null for the widest.</param>
    private sealed record Row(string Label, WeightType? Weights, VectorWidth? Vectors);

    /// <summary>Replaces the figures in a text.</summary>
    /// <param name="readme">The text.</param>
    /// <param name="model">The model directory.</param>
    /// <param name="gallery">The folder of pictures named after what they show.</param>
    /// <param name="hasVnni">
    /// Whether AVX2 multiplies bytes in 8 bits here: then the row of 7 bits is left as it is, and a second run without tells it.
    /// </param>
    public static string Replace(string readme, string model, string gallery, bool hasVnni)
    {
        (ImageSource[] sources, string[] names) = Measures.GalleryIn(gallery);
        (float[][] Pictures, float[][] Texts) Encode(WeightType? weights, VectorWidth? vectors)
        {
            using Clip clip = Clip.Load(model, new() { Weights = weights, Vectors = vectors });
            return (clip.EncodeImages(sources), clip.EncodeTexts(names));
        }
        (float[][] Pictures, float[][] Texts) exact = Encode(null, null);
        (string, string) Recall(float[][] pictures, float[][] texts) =>
            (Percent(Measures.FirstOf(texts, names, pictures, names, 1)), Percent(Measures.FirstOf(pictures, names, texts, names, 1)));
        (string toPicture, string toText) = Recall(exact.Pictures, exact.Texts);
        readme = Whole().Replace(readme, $"${{1}}{toPicture}${{2}}{toText}${{3}}");
        readme = InFull().Replace(readme, $"{toPicture} and {toText} in F32)");
        Row[] rows = hasVnni
            ? [new("| BF16", WeightType.BF16, null), new("| INT8, 8 bits", WeightType.Int8, VectorWidth.Vector128)]
            : [new("| INT8, 7 bits", WeightType.Int8, VectorWidth.Avx2)];
        foreach (Row row in rows)
        {
            (float[][] pictures, float[][] texts) = Encode(row.Weights, row.Vectors);
            float lowest = exact.Pictures.Concat(exact.Texts)
                .Zip(pictures.Concat(texts), static (a, b) => TensorPrimitives.Dot<float>(a, b)).Min();
            (toPicture, toText) = Recall(pictures, texts);
            string cosine = lowest.ToString(row.Weights == WeightType.BF16 ? "0.00000" : "0.0000", CultureInfo.InvariantCulture);
            readme = Regex.Replace(
                readme, $@"(?m)^({Regex.Escape(row.Label)}[^|]*\|)[^|\n]*\|[^|\n]*\|[^|\n]*\|$",
                $"${{1}} {cosine} | {toPicture} | {toText} |");
        }
        return readme;
    }

    private static string Percent(double percent) => percent.ToString("0.0# '%'", CultureInfo.InvariantCulture);

    [GeneratedRegex(@"(text to picture R@1 )[\d.]+ %(, picture to text )[\d.]+ %( \|)")]
    private static partial Regex Whole();

    [GeneratedRegex(@"[\d.]+ % and [\d.]+ % in F32\)")]
    private static partial Regex InFull();
}
