using System.Diagnostics;
using System.Globalization;
using PureClip.Search;

namespace PureClip.Postgres.Tests;

/// <summary>
/// A process that adds, copies, replaces and removes is killed at any moment: what it had reported as committed is there, with the right
/// vectors, and nothing of a later commit by halves.
/// </summary>
[Collection(DatabaseTests.Name)]
public sealed class KilledIndexingTests : IDisposable
{
    /// <summary>More kills than a test run has time for; <c>tools/kill-postgres.sh</c> sets it.</summary>
    private const string KillsVariable = "PURECLIP_KILLS";

    private const int UsualKills = 5, LongestStart = 60_000, LongestLife = 300; // milliseconds

    private readonly TestSchema _schema = new();

    /// <inheritdoc/>
    public void Dispose() => _schema.Dispose();

    [DatabaseFact]
    public async Task Killing_the_writing_process_loses_nothing_that_was_reported()
    {
        int kills = int.TryParse(Environment.GetEnvironmentVariable(KillsVariable), CultureInfo.InvariantCulture, out int asked)
            ? asked
            : UsualKills;
        Random random = new();
        int reported = 0;
        for (int i = 0; i < kills; i++)
        {
            int last = WriteUntilKilled(random);
            Assert.True(last == 0 || last > reported, $"The process went on at {last}, after {reported} steps were reported.");
            int found = await History.Check(_schema.Options);
            Assert.True(found >= Math.Max(last, reported), $"Kill {i + 1}: {Math.Max(last, reported)} steps were reported, {found} are there.");
            reported = found;
        }
        Assert.True(reported > 0);
    }

    private int WriteUntilKilled(Random random)
    {
        using Process process = Process.Start(new ProcessStartInfo("dotnet", ["exec", typeof(History).Assembly.Location, "write", _schema.Name])
        {
            RedirectStandardOutput = true,
            Environment = { ["PURECLIP_TEST_ADDRESS"] = TestDatabase.Shared.Address },
        })!;
        int last = 0;
        process.OutputDataReceived += (_, line) =>
            Volatile.Write(ref last, line.Data is null ? last : int.Parse(line.Data, CultureInfo.InvariantCulture));
        process.BeginOutputReadLine();
        for (int waited = 0; Volatile.Read(ref last) == 0 && waited < LongestStart && !process.HasExited; waited += 5)
            Thread.Sleep(5); // most of the time goes into starting the runtime
        Thread.Sleep(random.Next(LongestLife));
        process.Kill();
        process.WaitForExit(); // and for the rest of its output
        return last;
    }
}

/// <summary>Steps of writing, each a commit; what a table holds after any of them is known without it.</summary>
internal static class History
{
    private const string StepKey = "step";
    private const int Width = 8, KeysOfAll = 60;

    private static readonly VectorSpace Space = new("history", Width);

    /// <summary>What the process does that is killed.</summary>
    public static async Task<int> Main(string[] args)
    {
        if (args is not ["write", string schema])
            return 2; // tests are run by "dotnet test"
        PostgresSource source = Environment.GetEnvironmentVariable("PURECLIP_TEST_ADDRESS")!;
        await using PostgresIndex index = await PostgresIndex.OpenOrCreateAsync(source, Space, new() { Schema = schema });
        PostgresIndexWriter writer = await index.OpenWriterAsync();
        await index.BuildIndexAsync();
        for (int step = (writer.TryFind(StepKey, out IndexEntry entry) ? (int)entry.Size : 0) + 1; ; step++)
        {
            foreach ((string key, float[]? vector, string? source0) in Changes(step))
                if (vector is not null)
                    writer.Add(new(key, step), vector);
                else if (source0 is null)
                    writer.Remove(key);
                else if (writer.TryFind(source0, out _))
                    writer.AddCopy(new(key, step), source0);
            writer.Add(new(StepKey, step), VectorOf(step, 0));
            await writer.CommitAsync();
            Console.WriteLine(step.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Compares the table with what it should hold after the last step that is there.</summary>
    /// <returns>That step; 0 where the table was not yet made.</returns>
    public static async Task<int> Check(PostgresIndexOptions options)
    {
        PostgresIndex index;
        try
        {
            index = await PostgresIndex.OpenAsync(TestSchema.Source, options);
        }
        catch (FileNotFoundException)
        {
            return 0;
        }
        await using (index)
        {
            Dictionary<string, PostgresPicture> found = await index.AsVectorStoreCollection()
                .GetAsync(picture => true, 1000, new() { IncludeVectors = true }).ToDictionaryAsync(picture => picture.Key);
            int last = found.Remove(StepKey, out PostgresPicture? step) ? (int)step.Size : 0;
            Dictionary<string, (int Step, float[] Vector)> expected = [];
            for (int i = 1; i <= last; i++)
                foreach ((string key, float[]? vector, string? source) in Changes(i))
                    if (vector is not null)
                        expected[key] = (i, vector);
                    else if (source is null)
                        expected.Remove(key);
                    else if (expected.TryGetValue(source, out (int, float[] Vector) copied))
                        expected[key] = (i, copied.Vector);
            Assert.Equal(expected.Keys.Order(), found.Keys.Order());
            foreach ((string key, (int at, float[] vector)) in expected)
            {
                Assert.Equal(at, found[key].Size);
                Assert.Equal(vector.Select(number => (float)(Half)number), found[key].Vector.ToArray());
            }
            return last;
        }
    }

    /// <summary>What a step does: a key gets a vector, or that of another key, or goes.</summary>
    private static IEnumerable<(string Key, float[]? Vector, string? Source)> Changes(int step)
    {
        Random random = new(step);
        for (int i = 0; i < 12; i++)
        {
            string key = Key(), other = Key();
            yield return random.Next(4) switch
            {
                0 => (key, null, null),
                1 => (key, null, other),
                _ => (key, VectorOf(step, i), null),
            };
        }

        string Key() => "key " + random.Next(KeysOfAll).ToString(CultureInfo.InvariantCulture);
    }

    private static float[] VectorOf(int step, int i)
    {
        Random random = new(step * 100 + i);
        return [.. Enumerable.Range(0, Width).Select(_ => random.NextSingle() - 0.5f)];
    }
}
