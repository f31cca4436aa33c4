using System.Text.Json;
using System.Text.RegularExpressions;

namespace PureClip.Packages.Tests;

/// <summary>
/// The steps of a Containerfile, run without a container engine: a stage's root is a folder, and absolute paths in its commands are taken
/// for paths in it. Images have nothing that this machine has not: the SDK, a C linker, a shell.
/// </summary>
internal sealed partial class Containerfile
{
    private readonly Dictionary<string, string> _stages = [];

    private readonly string _context, _work;

    private string _root = "", _directory = "/";

    private Containerfile(string context, string work) => (_context, _work) = (context, work);

    /// <summary>The environment that the last stage sets.</summary>
    public Dictionary<string, string> Environment { get; } = [];

    /// <summary>The program that the last stage starts, where it lies here.</summary>
    public string EntryPoint { get; private set; } = "";

    /// <summary>Runs all steps.</summary>
    /// <param name="context">The folder that is built from.</param>
    /// <param name="work">Where the stages are made.</param>
    /// <param name="copied">Called with the folder of each copy of the context, before the next step.</param>
    public static Containerfile Run(string context, string work, Action<string> copied)
    {
        Containerfile file = new(context, work);
        foreach (string line in File.ReadLines(Path.Combine(context, "Containerfile")))
            if (line.Length > 0 && line[0] != '#')
                file.Step(line.Split(' ', 2)[0], line.Split(' ', 2)[1], copied);
        return file;
    }

    private void Step(string instruction, string text, Action<string> copied)
    {
        string[] words = text.Split(' ');
        switch (instruction)
        {
            case "FROM":
                _root = Directory.CreateDirectory(Path.Combine(_work, $"stage-{_stages.Count}")).FullName;
                _stages[words is [_, "AS", string name] ? name : $"{_stages.Count}"] = _root;
                (_directory, EntryPoint) = ("/", "");
                Environment.Clear();
                break;
            case "WORKDIR":
                _directory = text;
                Directory.CreateDirectory(Here(text));
                break;
            case "COPY" when words is [string from, string source, string target] && from.StartsWith("--from=", StringComparison.Ordinal):
                FileCopy.Tree(_stages[from["--from=".Length..]] + source, Here(target), []);
                break;
            case "COPY" when words is [".", string target]:
                string copy = Here(Path.Combine(_directory, target));
                FileCopy.Tree(_context, copy, File.ReadAllLines(Path.Combine(_context, ".containerignore")));
                copied(copy);
                break;
            case "RUN":
                DotNet.Run("/bin/sh", null, ["-c", Absolute().Replace(text, match => Here(match.Value))], Here(_directory));
                break;
            case "ENV":
                Environment[text.Split('=', 2)[0]] = Here(text.Split('=', 2)[1]);
                break;
            case "ENTRYPOINT":
                EntryPoint = Here(Assert.Single(JsonSerializer.Deserialize<string[]>(text)!));
                break;
            default:
                Assert.Fail($"{instruction} {text}: a step that this test does not know.");
                break;
        }
    }

    private string Here(string path) => _root + Path.GetFullPath(path).TrimEnd('/');

    [GeneratedRegex(@"(?<=^|\s)/[a-z]+")]
    private static partial Regex Absolute();
}
