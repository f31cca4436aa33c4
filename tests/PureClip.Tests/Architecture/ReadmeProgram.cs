using System.Text.RegularExpressions;

namespace PureClip.Tests.Architecture;

/// <summary>A program that a README shows with what it prints; its source is a test's, between the lines <c>// example</c> and <c>// end</c>.</summary>
/// <param name="Readme">Where it is shown.</param>
/// <param name="Usings">The lines that it begins with there, by which it is found.</param>
/// <param name="SourceFile">The test's file, below <c>tests</c>.</param>
internal sealed partial record ReadmeProgram(Readme Readme, string[] Usings, string SourceFile)
{
    /// <summary>Fails unless the README shows this program and its output as they are.</summary>
    public void Check(string output) => Readme.Check(text => Rewrite(text, output));

    private string Rewrite(string readme, string output)
    {
        string usings = string.Concat(Usings.Select(line => $"using {line};\n"));
        Regex shown = new($"```csharp\n{Regex.Escape(usings)}\n[^`]*```\n\n```text\n[^`]*```");
        Assert.Single(shown.Matches(readme));
        return shown.Replace(readme, _ => $"```csharp\n{usings}\n{Source()}\n```\n\n```text\n{output}```");
    }

    private string Source()
    {
        string file = File.ReadAllText(Path.Combine(TestData.Root, "tests", SourceFile)).ReplaceLineEndings("\n");
        return string.Join("\n\n", Example().Matches(file).Select(part => Unindented(part.Groups["code"].Value, part.Groups["indent"].Value)));
    }

    private static string Unindented(string code, string indent) =>
        string.Join('\n', code.Split('\n').Select(line => line.StartsWith(indent, StringComparison.Ordinal) ? line[indent.Length..] : line));

    [GeneratedRegex("(?<=\n)(?<indent> *)// example\n(?<code>.*?)\n *// end\n", RegexOptions.Singleline)]
    private static partial Regex Example();
}
