using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;

namespace PureClip.Packages.Tests;

/// <summary>The programs of <c>tools/examples</c>, run as their README says.</summary>
public sealed partial class ExamplesTests : IDisposable
{
    private static readonly string Folder = Path.Combine(TestData.Root, "tools", "examples");

    private static readonly string Readme = File.ReadAllText(Path.Combine(Folder, "README.md")).ReplaceLineEndings("\n");

    private readonly TemporaryFolder _folder = new();

    public ExamplesTests()
    {
        foreach (string file in Directory.EnumerateFiles(TestData.PathOf("gallery"), "*.png", SearchOption.AllDirectories))
            _folder.Write("photos/" + Path.GetRelativePath(TestData.PathOf("gallery"), file), File.ReadAllBytes(file));
    }

    public static TheoryData<string> Commands => [.. Example().Matches(Readme).Select(match => match.Groups["command"].Value)];

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_program_prints_what_the_readme_says(string command)
    {
        Match example = Example().Matches(Readme).Single(match => match.Groups["command"].Value == command);
        string[] words = [.. Word().Matches(command).Select(match => match.Value.Trim('"'))];
        Assert.Equal(["dotnet", "run"], words[..2]);
        string[] arguments = [.. words[2..].Select(word => word is "photos" or "sorted" or "words.html" ? _folder[word] : word)];
        Assert.Equal(example.Groups["output"].Value, DotNet.Run(null, ["run", .. arguments]));
    }

    [Fact]
    public async Task Pictures_that_are_uploaded_are_found()
    {
        using Process server = DotNet.Start("run", "tools/examples/web-api.cs", "--", "--urls", "http://127.0.0.1:0");
        try
        {
            string address = "";
            while (await server.StandardOutput.ReadLineAsync() is string line && address.Length == 0)
                address = Address().Match(line).Value;
            if (address.Length == 0)
                Assert.Fail(await server.StandardError.ReadToEndAsync()); // it has ended
            using HttpClient client = new() { BaseAddress = new(address) };
            foreach (string name in (string[])["cat.png", "guitar.png"])
                (await client.PostAsync("pictures", Upload(name))).EnsureSuccessStatusCode();
            Assert.Equal(415, (int)(await client.PostAsync("pictures", Upload("art.json"))).StatusCode);
            Assert.Contains($"```json\n{await client.GetStringAsync("search?words=a+cat")}\n```", Readme);
        }
        finally
        {
            server.Kill(entireProcessTree: true);
        }
    }

    [Fact]
    public void Every_program_is_in_the_readme() => Assert.All(
        Directory.GetFiles(Folder, "*.cs"), file => Assert.Contains($"[{Path.GetFileName(file)}]({Path.GetFileName(file)})", Readme));

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    private static MultipartFormDataContent Upload(string name)
    {
        ByteArrayContent file = new(File.ReadAllBytes(TestData.PathOf("gallery/" + name)));
        file.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        return new() { { file, "file", name } };
    }

    [GeneratedRegex("```sh\n(?<command>[^`\n]*)\n```\n\n```text\n(?<output>[^`]*)```")]
    private static partial Regex Example();

    [GeneratedRegex("\"[^\"]*\"|\\S+")]
    private static partial Regex Word();

    [GeneratedRegex(@"(?<=Now listening on: )http://\S+")]
    private static partial Regex Address();
}
