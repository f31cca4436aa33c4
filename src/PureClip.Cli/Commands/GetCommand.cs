using System.CommandLine;
using PureClip.Cli.Arguments;
using PureClip.Cli.Hub;
using PureClip.Cli.Output;
using PureClip.Convert;

namespace PureClip.Cli.Commands;

/// <summary><c>pureclip get</c>: fetches a published model. It is the only command that opens a connection.</summary>
internal sealed class GetCommand : ShellCommand
{
    private readonly Argument<string?> _name = new("NAME")
    {
        Description = "A model of 'pureclip models', or OWNER/NAME of a repository on the hub.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<bool> _list = Values.Flag("--list", "List the models that are known by name, as 'pureclip models' does.");

    private readonly Option<bool> _dryRun = Values.Flag("--dry-run",
        "Fetch nothing; write a script with addresses and sums, for curl and sha256sum where there is a network.");

    private readonly Option<string?> _output = Values.Text("--output", "DIR",
        $"Where to put it. [default: models/OWNER/NAME below {ModelStore.HomeVariable}, else below a folder of the user's]");

    private readonly Option<string?> _revision = Values.Text("--revision", "REV",
        "A branch, a tag, a commit or refs/pr/N. [default: main]");
    private readonly Option<bool> _force = Values.Flag("--force", "Fetch it again, and replace what is there.");
    private readonly Option<bool> _keep = Values.Flag("--keep", "Keep the files that were converted, in the model's folder 'original'.");
    private readonly FormatOption _format;

    public GetCommand(Shell shell)
        : base(shell, "get",
            "Fetch a published model, once; --model finds it by its name.",
            ["This is the only command that uses the network. It asks the Hugging Face hub for one model's files and tells nobody anything "
                + "else. Every file's sum is checked. What was interrupted goes on where it was. Weights of other formats are converted.",
                "It obeys HF_ENDPOINT, HF_TOKEN (or the file of 'hf auth login'), HF_HUB_OFFLINE, HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and "
                + "NO_PROXY. What the hub's own tools have fetched (HF_HUB_CACHE, HF_HOME) is used and not fetched again.",
                "jsonl: {\"name\",\"repository\",\"commit\",\"licence\",\"fetched_bytes\",\"converted\",\"path\"}; with --dry-run a line a "
                + "file: {\"path\",\"bytes\",\"sha256\",\"address\"}"],
            new("pureclip get openai-b32", "The model that most others are measured against, 605 MB"),
            new("pureclip get laion/CLIP-ViT-B-16-laion2B-s34B-b88K --output clip-b16", "Any repository, to a folder of your choice"),
            new("pureclip get openai-b32 --dry-run | sh", "By curl"))
    {
        Add(_name);
        Add(_list);
        Add(_dryRun);
        Add(_output);
        Add(_revision);
        Add(_force);
        Add(_keep);
        _format = new(this);
    }

    protected override void Run(ParseResult line)
    {
        string? name = line.GetValue(_name);
        if (line.GetValue(_list) || name is null)
        {
            OutputFormat list = _format.Of(line, Shell);
            ModelsCommand.Write(Shell, list, onlyRead: false);
            Shell.Next($"{Shell.Name} get openai-b32", "fetches one; it is a good first one");
            return;
        }
        string repository = RepositoryOf(name);
        ModelStore store = new(Shell.Variable);
        string? output = line.GetValue(_output);
        if (output is "")
            throw new UsageException("get: --output is empty; is a variable not set?");
        HubSettings settings = new(Shell.Variable);
        using HubClient client = new(settings, Shell);
        FetchRequest request = new(name, repository, line.GetValue(_revision), output ?? store.DirectoryOf(repository),
            IsOwnPlace: output is not null, line.GetValue(_force), line.GetValue(_keep));
        ModelFetch fetch = new(request, client, store, Shell);
        if (line.GetValue(_dryRun))
            WritePlan(line, request, settings, fetch);
        else
            Tell(line, request, fetch.Run().GetAwaiter().GetResult());
    }

    private static string RepositoryOf(string name) =>
        PublishedModels.Find(name)?.Repository
        ?? (name.Contains('/', StringComparison.Ordinal) ? HubAddress.Repository(name) : null)
        ?? throw new HubException($"{name}: no model is known by this name.{KnownModels.Nearest(name)} 'pureclip models' lists those that "
            + "are; OWNER/NAME names any repository on the hub.");

    private void WritePlan(ParseResult line, FetchRequest request, HubSettings settings, ModelFetch fetch)
    {
        (HubListing listing, ModelFiles files) = Plan(request, settings, fetch);
        if (_format.IsAsked(line) && _format.Of(line, Shell) == OutputFormat.JsonLines)
            new Report<HubFile>(
                new("path", file => file.Path),
                new("bytes", file => file.Bytes),
                new("sha256", file => file.Sha256),
                new("address", file => HubAddress.File(settings.Endpoint, listing.Repository, listing.Commit, file.Path).AbsoluteUri))
                .Write(Shell, OutputFormat.JsonLines, files.Files);
        else
            FetchScript.Write(Shell.Out, request.Name, listing, files, settings.Endpoint);
    }

    /// <summary>What the hub says, or where it cannot be asked, the table of known models.</summary>
    private (HubListing Listing, ModelFiles Files) Plan(FetchRequest request, HubSettings settings, ModelFetch fetch)
    {
        if (settings.OfflineVariable is string variable && request.Revision is null && FetchScript.OfTable(request.Repository) is { } known)
        {
            Shell.Note($"{variable} forbids asking the hub; this is what was known when this program was made.");
            return known;
        }
        return fetch.Plan().GetAwaiter().GetResult();
    }

    private void Tell(ParseResult line, FetchRequest request, FetchedModel model)
    {
        OutputFormat format = _format.Of(line, Shell);
        Facts facts = new();
        facts.Add("name", request.Name);
        facts.Add("repository", model.Source?.Repository ?? request.Repository);
        facts.Add("commit", model.Source?.Commit ?? Cell.Absent);
        facts.Add("licence", model.Source?.Licence ?? Cell.Absent);
        facts.Add("fetched_bytes", model.Fetched, Facts.Megabytes, shown: model.Fetched > 0 ? Shown.Everywhere : Shown.InLines);
        facts.Add("converted", model.IsConverted, shown: model.IsConverted ? Shown.Everywhere : Shown.InLines);
        facts.Add("path", model.Directory, kind: TextKind.Path);
        facts.Write(Shell, format);
        string argument = request.IsOwnPlace || Named(request.Name) is null ? Failures.Quoted(model.Directory) : request.Name;
        if (model.Fetched == 0 && !model.IsConverted)
            Shell.Hint($"{request.Name} is here already.");
        Shell.Next($"{Shell.Name} search \"a dog on a beach\" PICTURES --model {argument}", "searches a folder of yours with it");

        string? Named(string name) => new ModelStore(Shell.Variable).Find(name);
    }
}
