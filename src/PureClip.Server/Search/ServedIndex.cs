using System.Text;
using PureClip.Concepts;
using PureClip.Search;
using PureClip.Server.Hosting;
using PureClip.Server.Models;

namespace PureClip.Server.Search;

/// <summary>An index, the model that made it, and what clients call it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Pictures">The index.</param>
/// <param name="Model">The model.</param>
internal sealed record ServedIndex(string Name, FolderIndex Pictures, ServedModel Model)
{
    private const int LettersOfHash = 16;

    /// <summary>Where the pictures lie.</summary>
    public PictureKeys Keys { get; } = new(Pictures.Index.Path!);

    /// <summary>
    /// What a picture is called in answers: its place in the index and a hash of its key, which tells whether the place is still the
    /// picture's after the index has changed. It is no path, and none can be made of it.
    /// </summary>
    public static string IdOf(SearchHit hit) => $"{hit.Entry}-{HashOf(hit.Key)}";

    /// <summary>The place and the key of a picture by its id.</summary>
    /// <exception cref="RequestException">There is none, or no longer; 404.</exception>
    public (int Entry, string Key) Find(string id)
    {
        int dash = id.IndexOf('-');
        if (dash > 0 && int.TryParse(id.AsSpan(0, dash), out int entry) && entry >= 0 && entry < Pictures.Index.Count)
            try
            {
                string key = Pictures.Index.KeyOf(entry);
                if (id.AsSpan(dash + 1).SequenceEqual(HashOf(key)))
                    return (entry, key);
            }
            catch (ArgumentOutOfRangeException)
            {
                // the index became smaller meanwhile
            }
        throw new RequestException(StatusCodes.Status404NotFound,
            $"The index {Name} has no picture of this id, or has it no longer. Search again.", "id");
    }

    /// <summary>The stored vector of a picture.</summary>
    /// <exception cref="RequestException">There is no such picture; 404.</exception>
    public float[] VectorOf(string id)
    {
        float[] vector = new float[Pictures.Index.Width];
        Pictures.Index.CopyVector(Find(id).Entry, vector);
        Find(id); // it is still this picture's place
        return vector;
    }

    private static string HashOf(string key) => $"{ContentHash.Of(Encoding.UTF8.GetBytes(key)):x32}"[..LettersOfHash];
}

/// <summary>The indexes by their names, and the concepts that searches may name.</summary>
internal sealed class ServedIndexes : IDisposable
{
    // Looking costs a look at a file's time.
    private static readonly TimeSpan RefreshInterval = TimeSpan.FromSeconds(2);

    private readonly List<ServedIndex> _all = [];
    private readonly Dictionary<string, ConceptVector> _concepts = new(StringComparer.Ordinal);

    /// <summary>Opens them.</summary>
    /// <exception cref="InvalidDataException">An index or a concept is of none of the models, or damaged.</exception>
    public ServedIndexes(ServerOptions options, ServedModels models)
    {
        try
        {
            foreach ((string name, string path) in options.Indexes)
                _all.Add(Open(name, path, models));
            foreach ((string name, string path) in options.Concepts)
            {
                ConceptVector concept = ConceptVector.Load(path);
                if (!models.All.Any(model => concept.Space.Fingerprint == model.Clip.Fingerprint))
                    throw new InvalidDataException($"{path}: this concept was made with a model that is not served here.");
                _concepts.Add(name, concept);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>All, in the order in which they were given.</summary>
    public IReadOnlyList<ServedIndex> All => _all;

    /// <summary>The names of the concepts that go with an index.</summary>
    public IEnumerable<string> ConceptsFor(ServedIndex index) =>
        _concepts.Where(pair => pair.Value.Space.Fingerprint == index.Model.Clip.Fingerprint).Select(pair => pair.Key);

    /// <summary>An index by its name; the first where none is named.</summary>
    /// <exception cref="RequestException">There is none; 404.</exception>
    public ServedIndex Find(string? name)
    {
        if (_all.Count == 0)
            throw new RequestException(StatusCodes.Status404NotFound,
                "This server has no index. Make one with 'pureclip index FOLDER' and start the server with --index.", "index");
        return (string.IsNullOrEmpty(name) ? _all[0] : _all.Find(index => index.Name == name))
            ?? throw new RequestException(StatusCodes.Status404NotFound,
                $"There is no index of this name; there is {string.Join(", ", _all.Select(index => index.Name))}.", "index");
    }

    /// <summary>A concept's direction.</summary>
    /// <exception cref="RequestException">There is none, or it is of another model.</exception>
    public float[] Concept(string name, ServedModel model)
    {
        if (!_concepts.TryGetValue(name, out ConceptVector? concept))
            throw new RequestException(StatusCodes.Status404NotFound,
                $"There is no concept of this name; there is {(_concepts.Count == 0 ? "none" : string.Join(", ", _concepts.Keys))}.",
                "concept");
        return concept.Space.Fingerprint == model.Clip.Fingerprint
            ? concept.Vector.ToArray()
            : throw RequestException.Bad($"The concept {name} was made with another model than {model.Name}.", "concept");
    }

    /// <inheritdoc/>
    public void Dispose() => _all.ForEach(index => index.Pictures.Dispose());

    private static ServedIndex Open(string name, string path, ServedModels models)
    {
        if (!EmbeddingIndex.Exists(path))
            throw new InvalidDataException($"{path}: there is no index here. 'pureclip index FOLDER' makes one.");
        InvalidDataException? why = null;
        foreach (ServedModel model in models.All)
            try
            {
                return new(name, FolderIndex.OpenOrCreate(path, model.Clip, options: new() { RefreshInterval = RefreshInterval }), model);
            }
            catch (InvalidDataException e)
            {
                why = e; // of another model, perhaps
            }
        throw why!;
    }
}
