using System.Text;
using System.Text.RegularExpressions;

namespace PureClip.Packages.Tests;

/// <summary>What <c>dotnet pack</c> makes, and that it can be installed and does what the README says.</summary>
public sealed partial class PackagesTests(Packed packed) : IClassFixture<Packed>
{
    private static readonly string[] Ids = ["PureClip", "PureClip.Cli", "PureClip.Extensions.AI"];

    private static readonly string Readme = File.ReadAllText(Path.Combine(TestData.Root, "README.md")).ReplaceLineEndings("\n");

    [Fact]
    public void Packing_the_solution_makes_three_packages_with_symbols() => Assert.Equal(
        Ids.SelectMany(id => new[] { $"{id}.{Packed.Version}.nupkg", $"{id}.{Packed.Version}.snupkg" }).Order(StringComparer.Ordinal), packed.Names);

    [Fact]
    public void A_package_holds_licence_readme_and_documentation()
    {
        foreach (string id in Ids)
        {
            Dictionary<string, byte[]> files = packed.Open($"{id}.{Packed.Version}.nupkg");
            Assert.StartsWith("MIT License", Encoding.UTF8.GetString(files["LICENSE"]), StringComparison.Ordinal);
            string about = Encoding.UTF8.GetString(files[$"{id}.nuspec"]);
            Assert.Contains("<license type=\"expression\">MIT</license>", about);
            Assert.Contains("<readme>README.md</readme>", about);
            Assert.Matches("<description>.{20,}</description>", about);
            Assert.Contains(files.Keys, name => name.EndsWith(".xml", StringComparison.Ordinal) && name.Contains("net10.0/"));
        }
        // Who embeds the vocabulary names its origin; who brings the model names the model's.
        Assert.Contains("THIRD-PARTY.md", packed.Open($"PureClip.{Packed.Version}.nupkg").Keys);
        Dictionary<string, byte[]> tool = packed.Open($"PureClip.Cli.{Packed.Version}.nupkg");
        Assert.Contains("THIRD-PARTY.md", tool.Keys);
        Assert.Contains("tools/net10.0/any/weights/pictogram-mini/ATTRIBUTION.md", tool.Keys);
    }

    [Fact]
    public void The_packed_readme_is_the_readme_without_links_that_lead_nowhere()
    {
        string[] shown = Readme.Split('\n'), found = Encoding.UTF8.GetString(packed.Open($"PureClip.{Packed.Version}.nupkg")["README.md"]).ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
        Assert.Equal(shown[..^1].Select(line => RelativeLink().Replace(line, "$1")), found);
        Assert.DoesNotContain(found, line => RelativeLink().IsMatch(line));
    }

    [Fact]
    public void Nothing_tells_in_which_folder_it_was_built()
    {
        byte[] folder = Encoding.UTF8.GetBytes(TestData.Root);
        foreach (string name in packed.Names)
            foreach ((string file, byte[] bytes) in packed.Open(name))
                Assert.True(bytes.AsSpan().IndexOf(folder) < 0, $"{name}: {file} contains {TestData.Root}.");
    }

    [Theory]
    [InlineData("using PureClip;")]
    [InlineData("using Microsoft.Extensions.AI;")]
    public void An_example_of_the_readme_runs_in_a_new_project(string firstLine)
    {
        Match example = Example().Matches(Readme).First(match => match.Groups["code"].Value.StartsWith(firstLine, StringComparison.Ordinal));
        Assert.Equal(example.Groups["output"].Value, packed.RunProgram(example.Groups["code"].Value));
    }

    [Fact]
    public void The_tool_searches_with_the_model_that_rides_along()
    {
        string found = packed.RunTool("search", "birthday cake", "tests/data/gallery", "--top", "1", "--format", "jsonl");
        Assert.Contains("birthday-cake.png", Assert.Single(found.TrimEnd().Split('\n')));
    }

    [GeneratedRegex(@"\[([^\]]+)\]\((?!https?:)[^)]+\)")]
    private static partial Regex RelativeLink();

    [GeneratedRegex("```csharp\n(?<code>[^`]*)```\n\n```text\n(?<output>[^`]*)```")]
    private static partial Regex Example();
}
