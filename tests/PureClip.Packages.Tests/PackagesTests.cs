using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace PureClip.Packages.Tests;

/// <summary>What <c>dotnet pack</c> makes, what its pages show, and that it can be installed and does what they say.</summary>
public sealed partial class PackagesTests(Packed packed) : IClassFixture<Packed>
{
    /// <summary>Packages by the folder of their project, whose README is their page.</summary>
    private static readonly Dictionary<string, string> Projects = new()
    {
        ["PureClip"] = "src/PureClip",
        ["PureClip.Cli"] = "src/PureClip.Cli",
        ["PureClip.Convert.Tool"] = "tools/convert",
        ["PureClip.Extensions.AI"] = "src/PureClip.Extensions.AI",
        ["PureClip.ImageSharp"] = "src/PureClip.ImageSharp",
        ["PureClip.Models.Pictogram"] = "src/PureClip.Models.Pictogram",
        ["PureClip.Postgres"] = "src/PureClip.Postgres",
        ["PureClip.Server"] = "src/PureClip.Server",
    };

    // Where programs can be linked here, the command line is compiled ahead of time, and its package points to that of the runtime.
    private static readonly string? Native = OperatingSystem.IsLinux() && (File.Exists("/usr/bin/clang") || File.Exists("/usr/bin/gcc"))
        ? $"linux-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}"
        : null;

    private static readonly string[] Runtimes = Native is null ? [] : [Native, "any"];

    private static readonly string[] Ids = [.. Projects.Keys, .. Runtimes.Select(runtime => $"PureClip.Cli.{runtime}")];

    [Fact]
    public void Packing_the_solution_makes_the_packages_with_symbols_where_there_are_some()
    {
        string[] symbols = [.. Ids.Where(id => Native is null || (id != "PureClip.Cli" && id != $"PureClip.Cli.{Native}"))];
        string[] names = [.. Ids.Select(id => $"{id}.{Packed.Version}.nupkg"), .. symbols.Select(id => $"{id}.{Packed.Version}.snupkg")];
        Assert.Equal(names.Order(StringComparer.Ordinal), packed.Names);
    }

    [Fact]
    public void A_package_says_what_it_is()
    {
        foreach (string id in Ids)
        {
            Dictionary<string, byte[]> files = Open(id);
            Assert.StartsWith("MIT License", Encoding.UTF8.GetString(files["LICENSE"]), StringComparison.Ordinal);
            Assert.Equal(File.ReadAllBytes(Path.Combine(TestData.Root, "src", "icon.png")), files["icon.png"]);
            Dictionary<string, string> about = About(files, id);
            Assert.Equal("MIT", about["license"]);
            Assert.Equal("README.md", about["readme"]);
            Assert.Equal("icon.png", about["icon"]);
            Assert.InRange(about["description"].Length, 60, 400);
            Assert.Contains("photo-search", about["tags"].Split(' '));
            Assert.Equal(NewestChanges(), about["releaseNotes"].ReplaceLineEndings("\n").Trim());
            // It has no address of its own until it is given one.
            Assert.DoesNotContain("projectUrl", about.Keys);
        }
    }

    [Fact]
    public void Libraries_bring_their_documentation()
    {
        foreach (string id in (string[])["PureClip", "PureClip.Extensions.AI", "PureClip.ImageSharp", "PureClip.Models.Pictogram", "PureClip.Postgres"])
            Assert.Contains(Open(id).Keys, Documentation().IsMatch);
    }

    [Fact]
    public void Who_embeds_the_vocabulary_names_its_origin_and_who_brings_the_model_the_models()
    {
        foreach (string id in Ids.Except(["PureClip.Extensions.AI", "PureClip.ImageSharp", "PureClip.Postgres"]))
            Assert.Contains("THIRD-PARTY.md", Open(id).Keys);
        Assert.Contains("model/ATTRIBUTION.md", Open("PureClip.Models.Pictogram").Keys);
        foreach (string runtime in Runtimes)
            Assert.Contains(Open($"PureClip.Cli.{runtime}").Keys, name => name.EndsWith("pictogram-mini/ATTRIBUTION.md", StringComparison.Ordinal));
    }

    [Fact]
    public void The_native_package_has_the_program_the_model_and_no_symbols()
    {
        if (Native is null)
            return;
        Dictionary<string, byte[]> files = Open($"PureClip.Cli.{Native}");
        string folder = $"tools/any/{Native}/";
        Assert.Equal("\u007fELF"u8, files[folder + "pureclip"].AsSpan(0, 4));
        Assert.All(files.Keys.Where(name => name.StartsWith(folder, StringComparison.Ordinal)), name => Assert.True(
            name[folder.Length..] is "pureclip" or "DotnetToolSettings.xml"
                || name.StartsWith(folder + "weights/pictogram-mini/", StringComparison.Ordinal)
                || name.StartsWith(folder + "weights/pictogram-draw/", StringComparison.Ordinal), name));
        Assert.Contains(folder + "weights/pictogram-draw/generator.safetensors", files.Keys);
        string pointer = Encoding.UTF8.GetString(Open("PureClip.Cli")["tools/any/any/DotnetToolSettings.xml"]);
        Assert.Equal(Runtimes, Runtime().Matches(pointer).Select(match => match.Groups[1].Value));
    }

    [Fact]
    public void A_page_is_the_projects_readme_without_links_that_lead_nowhere()
    {
        foreach ((string id, string folder) in Projects)
        {
            string shown = File.ReadAllText(Path.Combine(TestData.Root, folder, "README.md")).ReplaceLineEndings("\n");
            string page = Encoding.UTF8.GetString(Open(id)["README.md"]).ReplaceLineEndings("\n");
            Assert.Equal(RelativeLink().Replace(shown, "$1").TrimEnd('\n'), page.TrimEnd('\n'));
            Assert.DoesNotMatch(RelativeLink(), page);
        }
    }

    [Fact]
    public void With_an_address_of_the_project_a_pages_links_lead_there()
    {
        const string Address = "https://example.org/pureclip", Project = "PureClip.Models.Pictogram";
        Dictionary<string, byte[]> files = packed.PackAgain(Project, $"-p:ProjectAddress={Address}");
        Assert.Equal(Address, About(files, Project)["projectUrl"]);
        string page = Encoding.UTF8.GetString(files["README.md"]);
        Assert.DoesNotMatch(RelativeLink(), page);
        string[] links = [.. AnyLink().Matches(page).Select(match => match.Groups[1].Value)];
        Assert.NotEmpty(links);
        Assert.All(links, link => Assert.True(
            Path.Exists(Path.Combine(TestData.Root, Path.GetRelativePath("/pureclip/blob/main", new Uri(link).AbsolutePath))), link));
        // The library's package is described by a file of its own.
        Assert.Equal(Address, About(packed.PackAgain("PureClip", $"-p:ProjectAddress={Address}"), "PureClip")["projectUrl"]);
    }

    [Fact]
    public void Nothing_tells_in_which_folder_it_was_built()
    {
        byte[][] folders = [Encoding.UTF8.GetBytes(TestData.Root), Encoding.UTF8.GetBytes(packed.Sources)];
        foreach (string name in packed.Names)
            foreach ((string file, byte[] bytes) in packed.Open(name))
                Assert.True(folders.All(folder => bytes.AsSpan().IndexOf(folder) < 0), $"{name}: {file} tells where it was built.");
    }

    [Fact]
    public void Two_packages_bring_a_program_to_its_first_vector()
    {
        (string code, string output) = Example("src/PureClip/README.md", "using PureClip.Models;");
        Assert.Equal(output, packed.RunProgram("first", code, "PureClip", "PureClip.Models.Pictogram"));
    }

    [Fact]
    public void A_program_with_the_library_alone_is_told_where_models_come_from()
    {
        string printed = packed.RunProgram("alone", """
            try
            {
                PureClip.Clip.Load("clip-b32");
            }
            catch (DirectoryNotFoundException e)
            {
                Console.WriteLine(e.Message);
            }
            """, "PureClip");
        Assert.Contains("There is no directory clip-b32.", printed);
        Assert.Contains("PureClip.Models.Pictogram", printed);
    }

    [Fact]
    public void A_program_behind_the_AI_abstractions_runs_in_a_new_project()
    {
        (string code, string output) = Example("src/PureClip.Extensions.AI/README.md", "using Microsoft.Extensions.AI;");
        Assert.Equal(output, packed.RunProgram("ai", code, "PureClip.Extensions.AI", "PureClip.Models.Pictogram"));
    }

    [Fact]
    public void The_model_goes_along_with_a_single_file()
    {
        (string code, string output) = Example("src/PureClip.Models.Pictogram/README.md", "using PureClip.Models;");
        (string printed, string[] files) = packed.PublishProgram("single", code, ["PureClip.Models.Pictogram"],
            "-p:PublishSingleFile=true", "--no-self-contained", "-p:DebugType=none");
        Assert.Equal(output, printed);
        Assert.DoesNotContain(files, name => name.EndsWith(".dll", StringComparison.Ordinal));
        Assert.Contains("weights", files);
    }

    [Fact]
    public void The_model_goes_along_with_a_program_compiled_ahead_of_time()
    {
        if (Native is null)
            return;
        (string code, string output) = Example("src/PureClip.Models.Pictogram/README.md", "using PureClip.Models;");
        (string printed, string[] files) = packed.PublishProgram("native", code, ["PureClip.Models.Pictogram"], "-p:PublishAot=true");
        Assert.Equal(output, printed);
        Assert.DoesNotContain(files, name => name.EndsWith(".dll", StringComparison.Ordinal));
    }

    [Fact]
    public void The_tool_that_is_installed_is_the_native_file_and_answers_as_the_portable_one()
    {
        string tool = packed.Tool("PureClip.Cli", "pureclip");
        string found = DotNet.Run(tool, null, ["search", "birthday cake", "tests/data/gallery", "--top", "1", "--no-index"]);
        Assert.Contains("birthday-cake.png", Assert.Single(found.TrimEnd().Split('\n')));
        if (Native is null)
            return;
        Assert.Equal("\u007fELF"u8, File.ReadAllBytes(tool).AsSpan(0, 4));
        Assert.Equal(Open($"PureClip.Cli.{Native}")[$"tools/any/{Native}/pureclip"], File.ReadAllBytes(tool));
        string portable = packed.Tool("PureClip.Cli.any", "pureclip");
        string[][] lines = [["tokenize", "a photo of a cat", "naïve café, 日本語"], ["--version"], ["search", "--help"], ["models"]];
        foreach (string[] line in lines)
            Assert.Equal(DotNet.Run(portable, null, line), DotNet.Run(tool, null, line));
    }

    [Fact]
    public void The_tool_runs_once_without_being_installed() =>
        Assert.Contains("\"text\":\"cat\"", packed.RunOnce("PureClip.Cli", "tokenize", "cat"));

    [Fact]
    public void The_converter_is_a_tool()
    {
        string tool = packed.Tool("PureClip.Convert.Tool", "pureclip-convert");
        Assert.Contains("INPUT", DotNet.Run(tool, null, ["--help"]));
    }

    [Fact]
    public void The_server_is_a_tool()
    {
        string tool = packed.Tool("PureClip.Server", "pureclip-server");
        Assert.Contains("--model", DotNet.Run(tool, null, ["--help"]));
    }

    [Fact]
    public void The_container_holds_a_program_that_runs()
    {
        Assert.Contains("PURECLIP_HOME", packed.Container.Environment.Keys);
        Assert.Contains("\"text\":\"cat\"", DotNet.Run(packed.Container.EntryPoint, null, ["tokenize", "cat"]));
    }

    private Dictionary<string, byte[]> Open(string id) => packed.Open($"{id}.{Packed.Version}.nupkg");

    private static Dictionary<string, string> About(Dictionary<string, byte[]> files, string id)
    {
        XElement metadata = XDocument.Parse(Encoding.UTF8.GetString(files[$"{id}.nuspec"]).TrimStart('\ufeff')).Root!.Elements().First();
        return metadata.Elements().ToDictionary(element => element.Name.LocalName, element => element.Value);
    }

    private static string NewestChanges()
    {
        string[] chapters = File.ReadAllText(Path.Combine(TestData.Root, "CHANGELOG.md")).ReplaceLineEndings("\n").Split("\n## ");
        return chapters[1][chapters[1].IndexOf('\n')..].Trim();
    }

    private static (string Code, string Output) Example(string readme, string line)
    {
        string text = File.ReadAllText(Path.Combine(TestData.Root, readme)).ReplaceLineEndings("\n");
        Match example = Programs().Matches(text).First(match => match.Groups["code"].Value.Contains(line, StringComparison.Ordinal));
        return (example.Groups["code"].Value, example.Groups["output"].Value);
    }

    [GeneratedRegex(@"\[([^\]]+)\]\((?!https?:|#)[^)]+\)")]
    private static partial Regex RelativeLink();

    [GeneratedRegex(@"^lib/net10\.0/[^/]+\.xml$")]
    private static partial Regex Documentation();

    [GeneratedRegex(@"\]\(([^)#]+)[^)]*\)")]
    private static partial Regex AnyLink();

    [GeneratedRegex("<RuntimeIdentifierPackage RuntimeIdentifier=\"([^\"]+)\"")]
    private static partial Regex Runtime();

    [GeneratedRegex("```csharp\n(?<code>[^`]*)```\n\n```text\n(?<output>[^`]*)```")]
    private static partial Regex Programs();
}
