using PureClip.Generation;
using PureClip.Server.Hosting;
using PureClip.Server.Models;

namespace PureClip.Server.Drawing;

/// <summary>A network that draws, the model in whose space it does, and what clients call it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Pictures">The network.</param>
/// <param name="Model">The model.</param>
internal sealed record ServedGenerator(string Name, PictureGenerator Pictures, ServedModel Model);

/// <summary>The networks that draw, by their names.</summary>
internal sealed class ServedGenerators : IDisposable
{
    private const string FileOfDirectory = "generator.safetensors";

    private readonly List<ServedGenerator> _all = [];

    /// <summary>Opens them.</summary>
    /// <exception cref="InvalidDataException">One is damaged, or belongs to none of the models.</exception>
    public ServedGenerators(ServerOptions options, ServedModels models)
    {
        try
        {
            foreach ((string name, string path) in options.Generators)
                _all.Add(Open(name, Directory.Exists(path) ? Path.Combine(path, FileOfDirectory) : path, models));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>All, in the order in which they were given.</summary>
    public IReadOnlyList<ServedGenerator> All => _all;

    /// <summary>One by its own name or its model's; the first where none is named.</summary>
    /// <exception cref="RequestException">There is none; 404.</exception>
    public ServedGenerator Find(string? name)
    {
        if (_all.Count == 0)
            throw new RequestException(StatusCodes.Status404NotFound,
                "This server draws nothing: it has no network that does. Start it with --generator.", "model", "model_not_found");
        return string.IsNullOrEmpty(name)
            ? _all[0]
            : _all.Find(one => one.Name == name) ?? _all.Find(one => one.Model.Name == name)
                ?? throw new RequestException(StatusCodes.Status404NotFound,
                    $"Nothing of this name draws here; there is {string.Join(", ", _all.Select(one => one.Name))}.", "model",
                    "model_not_found");
    }

    /// <inheritdoc/>
    public void Dispose() => _all.ForEach(one => one.Pictures.Dispose());

    private static ServedGenerator Open(string name, string path, ServedModels models)
    {
        InvalidDataException? refusal = null;
        foreach (ServedModel model in models.All.DistinctBy(static model => model.Clip))
            try
            {
                return new(name, PictureGenerator.Load(path, model.Clip), model);
            }
            catch (InvalidDataException e)
            {
                refusal ??= e; // of another model; the next may be its own
            }
        throw models.Clips.Count == 1
            ? refusal!
            : new InvalidDataException($"{path} fits none of the {models.Clips.Count} models. With the first: {refusal!.Message}");
    }
}
