using PureClip.Tests.Architecture;

namespace PureClip.Extensions.AI.Tests;

/// <summary>The README's programs with .NET's AI abstractions are these, and print what it shows.</summary>
public sealed class ReadmeTests
{
    private static readonly Readme Readme = new("src/PureClip.Extensions.AI");

    private static readonly ReadmeProgram Search =
        new(
            Readme,
            ["Microsoft.Extensions.AI", "PureClip", "PureClip.Extensions.AI", "PureClip.Models"],
            "PureClip.Extensions.AI.Tests/ReadmeSearchExample.cs");

    private static readonly ReadmeProgram Store = new(
        Readme,
        ["CommunityToolkit.VectorData.InMemory", "Microsoft.Extensions.AI", "Microsoft.Extensions.VectorData", "PureClip",
            "PureClip.Extensions.AI", "PureClip.Models"],
        "PureClip.Extensions.AI.Tests/ReadmeVectorStoreExample.cs");

    [Fact]
    public Task A_picture_is_found_by_a_text_as_the_readme_shows() => Check(Search, ReadmeSearchExample.RunAsync);

    [Fact]
    public Task Pictures_are_kept_in_a_vector_store_as_the_readme_shows() => Check(Store, ReadmeVectorStoreExample.RunAsync);

    private static async Task Check(ReadmeProgram program, Func<TextWriter, Task> run)
    {
        using StringWriter output = new() { NewLine = "\n" };
        await run(output);
        program.Check(output.ToString());
    }
}
