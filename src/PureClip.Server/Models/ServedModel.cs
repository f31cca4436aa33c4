using PureClip.Model;
using PureClip.Server.Hosting;
using PureClip.Tokenization;

namespace PureClip.Server.Models;

/// <summary>A model, and what clients call it.</summary>
/// <param name="Name">One of its names.</param>
/// <param name="Clip">The model.</param>
internal sealed record ServedModel(string Name, Clip Clip)
{
    /// <summary>When its weights were written.</summary>
    public DateTimeOffset Created { get; } = WrittenAt(Clip.Source);

    /// <summary>Texts to ids.</summary>
    /// <exception cref="RequestException">It takes no texts.</exception>
    public ITokenizer Tokenizer => Clip.Tokenizer
        ?? throw RequestException.Bad($"The model {Name} has no text tower: it takes pictures alone.", "input");

    /// <summary>The vision tower.</summary>
    /// <exception cref="RequestException">It takes no pictures.</exception>
    public VisionConfig Vision => Clip.Config.Vision
        ?? throw RequestException.Bad($"The model {Name} has no vision tower: it takes texts alone.", "input");

    /// <summary>Bytes of its weight files.</summary>
    public long WeightBytes => Directory.EnumerateFiles(Clip.Source, "*.safetensors").Sum(file => new FileInfo(file).Length);

    private static DateTimeOffset WrittenAt(string directory) => Directory.EnumerateFiles(directory)
        .Select(File.GetLastWriteTimeUtc)
        .DefaultIfEmpty(DateTime.UnixEpoch)
        .Max();
}

/// <summary>The models by their names. They compute with the same threads, and a directory with several names is loaded once.</summary>
internal sealed class ServedModels : IDisposable
{
    private readonly Dictionary<string, ServedModel> _byName = new(StringComparer.Ordinal);
    private readonly List<Clip> _clips = [];
    private readonly Runtime? _runtime;

    public ServedModels(ServerOptions options)
    {
        _runtime = options.Threads is int threads ? new(threads) : null;
        ClipOptions how = new()
        {
            Runtime = _runtime ?? Runtime.Shared,
            Weights = options.Weights,
            MaxPixels = options.MaxPixels,
            LongTexts = options.LongTexts is LongTextPooling pooling ? new() { Pooling = pooling } : null,
            MaxFileBytes = options.MaxBodyBytes,
        };
        try
        {
            Dictionary<string, Clip> byDirectory = new(StringComparer.Ordinal);
            foreach ((string name, string path) in options.Models)
            {
                string directory = Path.GetFullPath(Path.TrimEndingDirectorySeparator(path));
                if (!byDirectory.TryGetValue(directory, out Clip? clip))
                {
                    byDirectory[directory] = clip = Clip.Load(directory, how);
                    _clips.Add(clip);
                }
                _byName.Add(name, new(name, clip));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
        All = [.. options.Models.Select(model => _byName[model.Name])];
    }

    /// <summary>All, in the order in which they were given.</summary>
    public IReadOnlyList<ServedModel> All { get; } = [];

    /// <summary>The one that answers where a request names none.</summary>
    public ServedModel Default => All[0];

    /// <summary>Each model once, whatever names it has.</summary>
    public IReadOnlyList<Clip> Clips => _clips;

    /// <summary>A model by its name.</summary>
    /// <param name="name">Its name, also with Ollama's tag ":latest"; null or empty for the default.</param>
    /// <exception cref="RequestException">There is none; 404.</exception>
    public ServedModel Find(string? name)
    {
        if (string.IsNullOrEmpty(name))
            return Default;
        const string Latest = ":latest";
        if (_byName.TryGetValue(name, out ServedModel? model)
            || (name.EndsWith(Latest, StringComparison.Ordinal) && _byName.TryGetValue(name[..^Latest.Length], out model)))
            return model;
        string known = string.Join(", ", All.Select(one => one.Name));
        throw new RequestException(StatusCodes.Status404NotFound,
            $"The model '{Shortened(name)}' is not served here; there is {known}.", "model", "model_not_found");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _clips.ForEach(clip => clip.Dispose());
        _runtime?.Dispose();
    }

    private static string Shortened(string name) => name.Length <= 100 ? name : name[..100] + "…";
}
