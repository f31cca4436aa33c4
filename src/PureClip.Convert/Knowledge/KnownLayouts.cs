using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using PureClip.Checkpoints;
using PureClip.Convert.Output;
using PureClip.Files;

namespace PureClip.Convert;

/// <summary>
/// Which kinds of models this version reads: nobody keeps a list of it, the library is asked. Of each kind of the models table there is a
/// configuration as it is published (Knowledge/Data/layouts.json); what the library says of it holds for the kind.
/// </summary>
internal static class KnownLayouts
{
    private const string Resource = "Knowledge/layouts.json";

    // An empty file of weights: what is asked is whether the configuration is read, not whether tensors are there.
    private static readonly byte[] NoTensors = [2, 0, 0, 0, 0, 0, 0, 0, (byte)'{', (byte)'}'];

    private static readonly ConcurrentDictionary<string, string?> Refusals = new();

    /// <summary>The kinds.</summary>
    public static IReadOnlyList<string> All { get; } = ReadNames();

    /// <summary>Why models of a kind are not read; null where they are.</summary>
    public static string? Refusal(string layout) => Refusals.GetOrAdd(layout, static name =>
    {
        using JsonDocument layouts = Read();
        return Refusal(layouts.RootElement.GetProperty(name).EnumerateObject().ToDictionary(
            static file => file.Name, static file => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(file.Value.GetRawText())));
    });

    /// <summary>Why a model with these configurations is not read; null where it is.</summary>
    /// <param name="configurations">Content by name, '/' between folders.</param>
    public static string? Refusal(IReadOnlyDictionary<string, ReadOnlyMemory<byte>> configurations)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("pureclip-");
        try
        {
            void Write(string name, ReadOnlySpan<byte> content)
            {
                string path = Path.Combine(folder.FullName, name);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllBytes(path, content);
            }
            foreach ((string name, ReadOnlyMemory<byte> content) in configurations)
                Write(name, content.Span);
            bool isOpenClip = configurations.ContainsKey(ModelPlace.OpenClipConfigName);
            string place = ModelPlace.Find(folder.FullName).Path;
            Write(Path.Combine(place, isOpenClip ? OpenClipFile.WeightsName : SafetensorsSet.SingleFileName), NoTensors);
            ModelInspection model = ModelInspection.Of(folder.FullName);
            return model.Config is not null || model.Problems.Count == 0
                ? null
                : model.Problems[0].Replace(folder.FullName + Path.DirectorySeparatorChar, "", StringComparison.Ordinal);
        }
        catch (InvalidDataException e)
        {
            return e.Message.Replace(folder.FullName + Path.DirectorySeparatorChar, "", StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string[] ReadNames()
    {
        using JsonDocument layouts = Read();
        return [.. layouts.RootElement.EnumerateObject().Select(static layout => layout.Name)];
    }

    private static JsonDocument Read()
    {
        using Stream stream = typeof(KnownLayouts).Assembly.GetManifestResourceStream(Resource)!;
        return JsonDocument.Parse(stream);
    }
}
