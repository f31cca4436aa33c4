using System.Globalization;
using System.Text;
using System.Text.Json;
using PureClip.Files;

namespace PureClip.Labels;

/// <summary>
/// A classifier as a safetensors file: <c>weights</c> [labels, width], <c>biases</c> [labels] and, if it is calibrated, <c>background</c>
/// [labels, pictures], ascending in each row, all F32; everything else is text in the metadata, with a checksum of both. No date, so that
/// equal classifiers are equal files.
/// </summary>
internal static class ClassifierFile
{
    private const string Format = "pureclip-classifier", Version = "1";

    private const string NextStep = "Train or save the classifier again.";

    private const int FingerprintLength = 32;

    private static readonly (string Word, ClassifierKind Kind)[] Kinds =
        [("zero-shot", ClassifierKind.ZeroShot), ("logistic", ClassifierKind.LinearProbe), ("prototype", ClassifierKind.Prototypes)];

    /// <summary>The numbers.</summary>
    public static IEnumerable<TensorSource> Tensors(Classifier classifier)
    {
        LinearHead head = classifier.Head;
        yield return TensorSource.FromFloats("weights", [head.Count, head.Width], head.Weights);
        yield return TensorSource.FromFloats("biases", [head.Count], head.Biases);
        if (classifier.Calibration is LabelCalibration calibration)
            yield return TensorSource.FromFloats("background", [calibration.Labels, calibration.Pictures], calibration.Scores);
    }

    /// <summary>The texts.</summary>
    public static IReadOnlyDictionary<string, string> Metadata(Classifier classifier)
    {
        Dictionary<string, string> metadata = new()
        {
            ["format"] = Format,
            ["version"] = Version,
            ["kind"] = Kinds.First(row => row.Kind == classifier.Kind).Word,
            ["fingerprint"] = classifier.Space.Fingerprint,
            ["labels"] = Json(classifier.Labels),
            ["templates"] = Json(classifier.Templates),
            ["sigmoid"] = classifier.IsSigmoid ? "true" : "false",
        };
        foreach ((string name, string text) in SpaceText.Of(classifier.Space))
            metadata[name] = text;
        if (classifier.Validation is ValidatedSetting validation)
            foreach ((string name, double number) in validation.Numbers)
                metadata[name] = number.ToString("R", CultureInfo.InvariantCulture);
        metadata[ContentChecksum.Name] = ChecksumOf(metadata, classifier.Head, classifier.Calibration);
        return metadata;
    }

    /// <summary>Names and texts of the metadata in ordinal order, then the tensors in the order in which they are written.</summary>
    private static string ChecksumOf(
        IEnumerable<KeyValuePair<string, string>> metadata, LinearHead head, LabelCalibration? calibration)
    {
        ContentChecksum checksum = new();
        foreach ((string name, string text) in metadata.Where(pair => pair.Key != ContentChecksum.Name)
            .OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            checksum.Add(name);
            checksum.Add(text);
        }
        checksum.Add(head.Weights.Span);
        checksum.Add(head.Biases.Span);
        if (calibration is not null)
            checksum.Add(calibration.Scores.Span);
        return checksum.ToString();
    }

    /// <summary>Reads and checks a file.</summary>
    /// <exception cref="InvalidDataException">It is no such file, or damaged.</exception>
    public static Classifier Read(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        if (Text(file, "format") != Format || Text(file, "version") != Version)
            Problem.InvalidData(path, $"its format is {Problem.Quote(Text(file, "format"))}, version "
                + $"{Problem.Quote(Text(file, "version"))}", $"{Format}, version {Version}", NextStep);
        string[] labels = Texts(file, "labels");
        if (labels.Length == 0 || labels.Any(string.IsNullOrWhiteSpace))
            Problem.InvalidData(path, $"it has {labels.Length} labels, or an empty one", "at least one label and none empty", NextStep);
        LinearHead head = Head(file, labels.Length);
        LabelCalibration? calibration = Calibration(file, labels.Length);
        VectorSpace space = SpaceText.Read(new(Fingerprint(file), head.Width), file.Metadata.GetValueOrDefault);
        Classifier classifier = new(KindOf(file), space, labels, head)
        {
            Templates = Texts(file, "templates"),
            IsSigmoid = Text(file, "sigmoid") == "true",
            Calibration = calibration,
            Validation = file.Metadata.ContainsKey(ValidatedSetting.Names[0])
                ? ValidatedSetting.Of([.. ValidatedSetting.Names.Select(name => Number(file, name))])
                : null,
        };
        if (file.Metadata.TryGetValue(ContentChecksum.Name, out string? written)
            && ChecksumOf(file.Metadata, head, calibration) is var found && found != written)
            Problem.InvalidData(path, $"it is damaged: the checksum of its content is {found}", $"{written}, as was written", NextStep);
        return classifier;
    }

    private static LinearHead Head(SafetensorsFile file, int labels)
    {
        TensorInfo weights = file["weights"], biases = file["biases"];
        RequireShape(file, biases, labels, 1);
        RequireShape(file, weights, labels, 2);
        return new(Floats(file, weights), Floats(file, biases));
    }

    private static LabelCalibration? Calibration(SafetensorsFile file, int labels)
    {
        if (!file.TryGet("background", out TensorInfo? background))
            return null;
        RequireShape(file, background, labels, 2);
        if (background.Shape[1] < LabelCalibration.LeastPictures)
            Problem.InvalidData(
                file.Path, $"its background has {background.Shape[1]} pictures", $"at least {LabelCalibration.LeastPictures}", NextStep);
        LabelCalibration calibration = new(Floats(file, background), labels);
        for (int label = 0; label < labels; label++)
            if (!IsAscending(calibration.ScoresOf(label)))
                Problem.InvalidData(file.Path, $"background scores of label {label} are not sorted", "ascending rows", NextStep);
        return calibration;
    }

    private static bool IsAscending(ReadOnlySpan<float> scores)
    {
        for (int i = 1; i < scores.Length; i++)
            if (scores[i] < scores[i - 1])
                return false;
        return true;
    }

    private static void RequireShape(SafetensorsFile file, TensorInfo tensor, int labels, int rank)
    {
        if (tensor.Type != NumberType.F32 || tensor.Shape.Length != rank || tensor.Shape[0] != labels
            || tensor.ElementCount is 0 or > int.MaxValue)
            Problem.InvalidData(file.Path, $"tensor {tensor} does not fit its {labels} labels", $"F32, {rank} dimensions, the first of "
                + $"them {labels}, at most {int.MaxValue} numbers", NextStep);
    }

    private static float[] Floats(SafetensorsFile file, TensorInfo tensor)
    {
        float[] numbers = new float[tensor.ElementCount]; // at most the file's own size: the header was checked
        file.ReadFloats(tensor, numbers);
        if (!numbers.All(float.IsFinite))
            Problem.InvalidData(file.Path, $"tensor {tensor} holds numbers that are not finite", "finite numbers", NextStep);
        return numbers;
    }

    private static ClassifierKind KindOf(SafetensorsFile file)
    {
        string word = Text(file, "kind");
        int row = Array.FindIndex(Kinds, row => row.Word == word);
        if (row < 0)
            Problem.InvalidData(
                file.Path, $"its kind is {Problem.Quote(word)}", string.Join(", ", Kinds.Select(known => known.Word)), NextStep);
        return Kinds[row].Kind;
    }

    private static string Fingerprint(SafetensorsFile file)
    {
        string fingerprint = Text(file, "fingerprint");
        if (fingerprint.Length != FingerprintLength || !fingerprint.All(char.IsAsciiHexDigitLower))
            Problem.InvalidData(file.Path, $"its model's fingerprint is {Problem.Quote(fingerprint)}", $"{FingerprintLength} hexadecimal "
                + "digits", NextStep);
        return fingerprint;
    }

    private static string Text(SafetensorsFile file, string name)
    {
        if (!file.Metadata.TryGetValue(name, out string? text))
            Problem.InvalidData(
                file.Path, $"its metadata has no {Problem.Quote(name)}, so it is no stored classifier", $"the metadata of {Format}",
                NextStep);
        return text;
    }

    private static double Number(SafetensorsFile file, string name)
    {
        if (!double.TryParse(Text(file, name), NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            || !double.IsFinite(number))
            Problem.InvalidData(file.Path, $"{Problem.Quote(name)} is {Problem.Quote(Text(file, name))}", "a finite number", NextStep);
        return number;
    }

    private static string[] Texts(SafetensorsFile file, string name)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(Text(file, name));
            return [.. document.RootElement.EnumerateArray().Select(element => element.GetString()!)];
        }
        // the latter for another kind of value, or half a surrogate pair
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException(
                $"{file.Path}: {Problem.Quote(name)} in its metadata is no JSON array of texts ({JsonText.Reason(e)}). {NextStep}", e);
        }
    }

    private static string Json(IReadOnlyList<string> texts)
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter json = new(bytes))
        {
            json.WriteStartArray();
            foreach (string text in texts)
                json.WriteStringValue(text);
            json.WriteEndArray();
        }
        return Encoding.UTF8.GetString(bytes.ToArray());
    }
}
