using PureClip.Cli.Hub;
using PureClip.Convert;

namespace PureClip.Cli.Arguments;

/// <summary>Models by the names that people give them.</summary>
internal static class KnownModels
{
    private const int MostNames = 3, FewestLetters = 3;

    /// <summary>The directory that a user means: one that is there, else a model that was fetched.</summary>
    /// <exception cref="DirectoryNotFoundException">There is neither; the message says how to get the model.</exception>
    public static string DirectoryOf(string name, Func<string, string?> variable)
    {
        if (Path.Exists(name))
            return name;
        if (new ModelStore(variable).Find(name) is string fetched)
            return fetched;
        if (PublishedModels.Find(name) is PublishedModel known)
            throw new DirectoryNotFoundException($"{name} is not here yet. 'pureclip get {name}' fetches it"
                + (known.Bytes is long bytes ? $" ({bytes / 1_000_000} MB, licence: {known.Licence})." : $" (licence: {known.Licence})."));
        bool isRepository = name.Contains('/', StringComparison.Ordinal) && HubAddress.Repository(name) is not null;
        throw new DirectoryNotFoundException($"{name}: there is no such folder, and no model of this name was fetched.{Nearest(name)} "
            + (isRepository ? $"'pureclip get {name}' fetches it if the hub has it; " : "'pureclip get NAME' fetches one; ")
            + "'pureclip models' lists those that are known.");
    }

    /// <summary>" Did you mean …?", or nothing.</summary>
    public static string Nearest(string name)
    {
        string[] known = [.. PublishedModels.All.Select(model => model.Name)];
        string[] names = name.Length < FewestLetters
            ? []
            : [.. known.Where(model => model.StartsWith(name, StringComparison.OrdinalIgnoreCase)).Take(MostNames)];
        if (names.Length == 0 && Spelling.Nearest(name, known) is string nearest)
            names = [nearest];
        return names.Length == 0 ? "" : $" Did you mean {string.Join(" or ", names)}?";
    }
}
