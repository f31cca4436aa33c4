using Microsoft.Extensions.VectorData;
using PureClip.Models;
using PureClip.Tests.Architecture;

namespace PureClip.Postgres.Tests;

/// <summary>The README's program is this, and prints what it shows.</summary>
[Collection(DatabaseTests.Name)]
public sealed class ReadmeTests
{
    private static readonly ReadmeProgram Program = new(
        new("src/PureClip.Postgres"), ["Microsoft.Extensions.VectorData", "PureClip", "PureClip.Models", "PureClip.Postgres"],
        "PureClip.Postgres.Tests/ReadmeTests.cs");

    [DatabaseFact]
    public async Task Pictures_are_kept_in_a_table_as_the_readme_shows()
    {
        Environment.SetEnvironmentVariable("PURECLIP_POSTGRES", TestDatabase.Shared.Address);
        try
        {
            using StringWriter output = new() { NewLine = "\n" };
            await RunAsync(output);
            Program.Check(output.ToString());
        }
        finally
        {
            Environment.SetEnvironmentVariable("PURECLIP_POSTGRES", null);
            await using PostgresIndex gallery = await PostgresIndex.OpenAsync(
                TestSchema.Source, new PostgresIndexOptions { Table = "gallery" });
            await gallery.DropAsync();
        }
    }

    /// <param name="Console">Where it prints: the name is the program's own.</param>
    private static async Task RunAsync(TextWriter Console)
    {
        // example
        using Clip clip = Pictogram.Load();
        string address = Environment.GetEnvironmentVariable("PURECLIP_POSTGRES")!; // postgres://anna@localhost/photos
        await using PostgresIndex gallery = await PostgresIndex.OpenOrCreateAsync(address, clip, new() { Table = "gallery" });
        await gallery.UpdateAsync("tests/data/gallery");
        foreach (PostgresHit hit in await gallery.SearchAsync("birthday cake", new() { Top = 3 }))
            Console.WriteLine($"{hit.Score:F3} {Path.GetFileName(gallery.PathOf(hit.Key))}");

        // The same table behind Microsoft.Extensions.VectorData.
        VectorStoreCollection<string, PostgresPicture> store = gallery.AsVectorStoreCollection();
        await foreach (var found in store.SearchAsync("a cat", top: 2, new() { Filter = picture => picture.Size > 1000 }))
            Console.WriteLine($"{found.Score:F3} {Path.GetFileName(found.Record.Key)}");
        // end
    }
}
