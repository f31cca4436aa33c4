using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;

namespace PureClip.Packages.Tests;

/// <summary>
/// A copy of the sources, in which the steps of the Containerfile are run and then the solution is packed, once, into a folder that is the
/// only source of packages for what is made beside it. The two share what is compiled ahead of time, which takes minutes.
/// </summary>
public sealed class Packed : IDisposable
{
    /// <summary>A version that no feed has.</summary>
    public const string Version = "0.0.0-packed";

    // What is no source: results of builds, and models that are the user's.
    private static readonly string[] NoSources =
    [
        ".git", "**/bin", "**/obj", "**/node_modules", "**/TestResults", "artifacts", "packages",
        "weights/*", "!weights/README.md", "!weights/pictogram-mini", "!weights/pictogram-draw",
    ];

    private readonly TemporaryFolder _folder = new();

    private readonly Dictionary<string, string> _tools = [];

    public Packed()
    {
        try
        {
            Container = Containerfile.Run(TestData.Root, _folder["container"], copy =>
            {
                Sources = copy;
                string properties = Path.Combine(copy, "src", "Directory.Build.props");
                string text = File.ReadAllText(properties);
                File.WriteAllText(properties, Regex.Replace(text, "<Version>.*</Version>", $"<Version>{Version}</Version>"));
            });
            FileCopy.Tree(TestData.Root, Sources, NoSources);
            DotNet.Run(null, "pack", Path.Combine(Sources, "PureClip.sln"), "--output", Feed, "-p:NuGetAudit=false");
            // Packages of others come from where the build of this solution has put them: no network is needed, and nothing is left there.
            _folder.Write("nuget.config", Encoding.UTF8.GetBytes($"""
                <configuration>
                  <packageSources><clear /><add key="packed" value="{Feed}" /></packageSources>
                  <fallbackPackageFolders><clear /><add key="machine" value="{DotNet.PackagesOfThisMachine}" /></fallbackPackageFolders>
                </configuration>
                """));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Names of the files that packing made.</summary>
    public string[] Names => [.. Directory.GetFiles(Feed).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    /// <summary>The folder in which it was all built.</summary>
    public string Sources { get; private set; } = "";

    /// <summary>What the steps of the Containerfile have made.</summary>
    internal Containerfile Container { get; }

    private string Feed => _folder["feed"];

    /// <summary>Names and bytes of a package's files.</summary>
    public Dictionary<string, byte[]> Open(string name) => OpenFile(Path.Combine(Feed, name));

    /// <summary>Packs a project again, with what was built, and opens its package.</summary>
    public Dictionary<string, byte[]> PackAgain(string project, params string[] properties)
    {
        DotNet.Run(null, ["pack", Path.Combine(Sources, "src", project), "--no-build", "--output", _folder["again"], .. properties]);
        return OpenFile(_folder[$"again/{project}.{Version}.nupkg"]);
    }

    /// <summary>Makes a console project that refers to packages, builds and runs it.</summary>
    /// <param name="name">The project's name.</param>
    /// <param name="code">Its program.</param>
    /// <param name="packages">The packages.</param>
    /// <returns>What it printed.</returns>
    public string RunProgram(string name, string code, params string[] packages)
    {
        WriteProgram(name, code, packages);
        DotNet.Run(_folder["packages"], "build", _folder[$"{name}/{name}.csproj"], "--output", _folder[$"{name}/out"]);
        return DotNet.Run(null, _folder[$"{name}/out/{name}.dll"]);
    }

    /// <summary>As <see cref="RunProgram"/>, but publishes it.</summary>
    /// <param name="name">The project's name.</param>
    /// <param name="code">Its program.</param>
    /// <param name="packages">The packages.</param>
    /// <param name="how">Arguments of <c>dotnet publish</c>.</param>
    /// <returns>What it printed, and the names of what was published.</returns>
    internal (string Printed, string[] Files) PublishProgram(string name, string code, string[] packages, params string[] how)
    {
        WriteProgram(name, code, packages);
        string project = _folder[$"{name}/{name}.csproj"], output = _folder[$"{name}/out"];
        DotNet.Run(_folder["packages"], ["publish", project, "--use-current-runtime", "--output", output, .. how]);
        string[] files = [.. Directory.GetFileSystemEntries(output).Select(path => Path.GetFileName(path))];
        return (DotNet.Run(Program($"{name}/out/{name}"), null, [], _folder[name]), files);
    }

    /// <summary>Installs a tool, once.</summary>
    /// <returns>Its program.</returns>
    public string Tool(string package, string command)
    {
        if (_tools.TryGetValue(package, out string? program))
            return program;
        string place = _folder[$"tools/{package}"];
        string settings = _folder["nuget.config"];
        DotNet.Run(_folder["packages"], "tool", "install", package, "--version", Version, "--tool-path", place, "--configfile", settings);
        return _tools[package] = Program($"tools/{package}/{command}");
    }

    /// <summary>Runs a tool without installing it.</summary>
    /// <returns>What it printed.</returns>
    public string RunOnce(string package, params string[] arguments) => DotNet.Run(
        DotNet.Dnx, _folder["once"], [$"{package}@{Version}", "--yes", "--configfile", _folder["nuget.config"], "--", .. arguments]);

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    private string Program(string path) => _folder[OperatingSystem.IsWindows() ? path + ".exe" : path];

    private void WriteProgram(string name, string code, string[] packages)
    {
        string references = string.Concat(packages.Select(id => $"<PackageReference Include=\"{id}\" Version=\"{Version}\" />"));
        _folder.Write($"{name}/{name}.csproj", Encoding.UTF8.GetBytes($"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <InvariantGlobalization>true</InvariantGlobalization>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <NuGetAudit>false</NuGetAudit>
              </PropertyGroup>
              <ItemGroup>{references}</ItemGroup>
            </Project>
            """));
        _folder.Write($"{name}/Program.cs", Encoding.UTF8.GetBytes(code));
    }

    private static Dictionary<string, byte[]> OpenFile(string path)
    {
        using ZipArchive archive = ZipFile.OpenRead(path);
        Dictionary<string, byte[]> files = [];
        foreach (ZipArchiveEntry entry in archive.Entries)
        {
            using Stream stream = entry.Open();
            using MemoryStream copy = new();
            stream.CopyTo(copy);
            files[entry.FullName] = copy.ToArray();
        }
        return files;
    }
}
