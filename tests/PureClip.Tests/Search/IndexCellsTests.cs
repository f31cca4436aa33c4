using PureClip.Search;
using PureClip.Tests.Cli;

namespace PureClip.Tests.Search;

public sealed class IndexCellsTests : IDisposable
{
    private const int Width = 24, Rows = 6000;

    private readonly TemporaryFolder _folder = new();

    private string Index => _folder["i.index"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(VectorType.F32)]
    [InlineData(VectorType.F16)]
    [InlineData(VectorType.Int8)]
    public void Cells_find_most_of_what_an_exact_search_finds_with_the_same_scores(VectorType type)
    {
        Make(type, 0, Rows);
        using EmbeddingIndex index = EmbeddingIndex.Open(Index);
        Assert.Equal(Rows, index.RowsInCells);
        int found = 0, queries = 60;
        for (int query = 0; query < queries; query++)
        {
            float[] vector = VectorOf(500_000 + query);
            SearchHit[] exact = index.Search(vector, new() { Share = 0 }), near = index.Search(vector, new() { Share = 0.2f });
            Assert.Equal(exact, index.Search(vector, new() { Share = 1 }));
            Assert.Equal(10, near.Length);
            Assert.Equal(near.OrderByDescending(hit => hit.Score).ThenBy(hit => hit.Entry), near);
            foreach (SearchHit hit in near.Where(hit => exact.Any(other => other.Entry == hit.Entry)))
                Assert.Contains(hit, exact); // bit for bit
            found += near.Intersect(exact).Count();
        }
        Assert.InRange(found / (10.0 * queries), 0.9, 1);
    }

    [Fact]
    public void A_vector_that_is_there_is_found_wherever_it_lies()
    {
        Make(VectorType.F32, 0, Rows);
        using (EmbeddingIndexWriter writer = EmbeddingIndexWriter.Open(Index))
        {
            for (int number = Rows; number < Rows + 50; number++)
                writer.Add(new($"key {number}"), VectorOf(number));
            writer.Remove("key 7");
            writer.Add(new("key 8"), VectorOf(100_008));
            writer.Commit();
        }
        using EmbeddingIndex index = EmbeddingIndex.Open(Index);
        Assert.Equal(Rows, index.RowsInCells);
        Check(index);
        Assert.NotEqual("key 7", Best(index, VectorOf(7)));
        Assert.NotEqual("key 8", Best(index, VectorOf(8)));
        Assert.Equal("key 8", Best(index, VectorOf(100_008)));

        using (EmbeddingIndexWriter writer = EmbeddingIndexWriter.Open(Index))
            writer.Compact();
        index.Refresh();
        Assert.Equal((Rows - 2, 0), (index.RowsInCells, index.DeadRows)); // the cells went over to the new rows
        Check(index);
        Assert.Empty(EmbeddingIndex.FindDamage(Index));
        Assert.Equal(5, Directory.GetFiles(Index).Length);

        using (EmbeddingIndexWriter writer = EmbeddingIndexWriter.Open(Index))
            writer.MakeCells();
        using EmbeddingIndex again = EmbeddingIndex.Open(Index);
        Assert.Equal(again.Count, again.RowsInCells);
        Check(again);

        static void Check(EmbeddingIndex index)
        {
            for (int number = 10; number < Rows + 50; number += 97)
                Assert.Equal($"key {number}", Best(index, VectorOf(number)));
            Assert.Equal($"key {Rows + 49}", Best(index, VectorOf(Rows + 49)));
        }
    }

    [Fact]
    public void What_cells_cannot_answer_is_answered_exactly()
    {
        Make(VectorType.F32, 0, 500);
        using EmbeddingIndex index = EmbeddingIndex.Open(Index);
        float[] query = VectorOf(500_000);
        foreach (int top in new[] { 30, 500, 1000 })
            Assert.Equal(index.Search(query, new() { Top = top, Share = 0 }), index.Search(query, new() { Top = top }));
        SearchOptions filtered = new() { Top = 3, Filter = entry => entry % 100 == 7 };
        Assert.Equal(index.Search(query, filtered with { Share = 0 }), index.Search(query, filtered));
        Assert.Throws<ArgumentException>(() => index.Search(query, new() { Share = -0.1f }));
        Assert.Throws<ArgumentException>(() => index.Search(query, new() { Share = 1.1f }));
        Assert.Throws<ArgumentException>(() => index.Search(query, new() { Share = float.NaN }));
    }

    [Fact]
    public void The_same_vectors_give_the_same_cells()
    {
        Make(VectorType.F16, 0, 2000);
        byte[] first = File.ReadAllBytes(Cells());
        using (EmbeddingIndexWriter writer = EmbeddingIndexWriter.Open(Index))
            writer.MakeCells();
        Assert.Equal(first, File.ReadAllBytes(Cells()));
        using CancellationTokenSource interrupted = new();
        interrupted.Cancel();
        using (EmbeddingIndexWriter writer = EmbeddingIndexWriter.Open(Index))
            Assert.ThrowsAny<OperationCanceledException>(() => writer.MakeCells(cancellationToken: interrupted.Token));
        Assert.Equal(first, File.ReadAllBytes(Cells()));
    }

    [Fact]
    public void Damaged_cells_are_named_and_not_used()
    {
        Make(VectorType.F32, 0, 1000);
        byte[] whole = File.ReadAllBytes(Cells());
        SearchHit[] exact;
        using (EmbeddingIndex index = EmbeddingIndex.Open(Index))
            exact = index.Search(VectorOf(500_000), new() { Share = 0 });
        foreach (int at in new[] { 0, 8, 17, 21, 25, 29, 33, 37, 41, whole.Length / 2, whole.Length - 1 })
        {
            byte[] damaged = [.. whole];
            damaged[at] ^= 0x10;
            Check(damaged);
        }
        Check([]);
        Check(whole[..30]);
        Check(whole[..^4]);
        Check([.. whole, 0]);
        File.WriteAllBytes(Cells(), whole);
        Assert.Empty(EmbeddingIndex.FindDamage(Index));

        void Check(byte[] cells)
        {
            File.WriteAllBytes(Cells(), cells);
            Assert.Contains("cells-1.bin", Assert.Single(EmbeddingIndex.FindDamage(Index)).Message);
            using EmbeddingIndex index = EmbeddingIndex.Open(Index);
            Assert.Equal((0, exact.Length), (index.RowsInCells, exact.Length));
            Assert.Equal(exact, index.Search(VectorOf(500_000)));
        }
    }

    [Fact]
    public void The_command_line_makes_cells_keeps_them_and_searches_them()
    {
        CommandResult made = CommandLine.Run("index", GalleryIndex.Gallery, "--index", Index, "--cells");
        Assert.Equal((0, ""), (made.ExitCode, made.Error));
        Assert.Equal(400, made.Lines[0].GetProperty("rows_in_cells").GetInt32());
        CommandResult near = CommandLine.Run("search", "birthday cake", "--index", Index, "--top", "3");
        CommandResult exact = CommandLine.Run("search", "birthday cake", "--index", Index, "--top", "3", "--exact");
        Assert.Equal((0, near.Output), (exact.ExitCode, exact.Output)); // so few vectors are all looked at
        for (int copy = 0; copy < 60; copy++)
            _folder.Write($"more/{copy}.png", [.. File.ReadAllBytes(CommandLine.Cat), (byte)copy]);
        CommandResult more = CommandLine.Run("index", _folder["more"], "--index", Index);
        Assert.Equal((60, 460), (more.Lines[0].GetProperty("added").GetInt32(), more.Lines[0].GetProperty("rows_in_cells").GetInt32()));
        Assert.DoesNotContain("cells", CommandLine.Run("index", CommandLine.Cat, "--index", _folder["other.index"]).Output);
    }

    private string Cells() => Directory.GetFiles(Index, "cells-*").Single();

    private static string Best(EmbeddingIndex index, float[] vector) => index.Search(vector, new() { Top = 1, Share = 0.1f })[0].Key;

    private void Make(VectorType type, int first, int count)
    {
        using EmbeddingIndexWriter writer = EmbeddingIndexWriter.Create(Index, new("cells", Width), type);
        for (int number = first; number < first + count; number++)
            writer.Add(new($"key {number}"), VectorOf(number));
        List<int> progress = [];
        writer.MakeCells(new Told(progress));
        Assert.Equal([count], progress);
    }

    /// <summary>Directions without islands: sums of two of 40 vectors, and noise.</summary>
    private static float[] VectorOf(int number)
    {
        Random random = new(number);
        float[] vector = new float[Width];
        foreach (int centre in new[] { random.Next(40), random.Next(40) })
        {
            Random other = new(1_000_000 + centre);
            float weight = random.NextSingle();
            for (int i = 0; i < Width; i++)
                vector[i] += weight * (other.NextSingle() - 0.5f);
        }
        for (int i = 0; i < Width; i++)
            vector[i] += 0.1f * (random.NextSingle() - 0.5f);
        float norm = MathF.Sqrt(vector.Sum(x => x * x));
        return [.. vector.Select(x => x / norm)];
    }

    private sealed class Told(List<int> told) : IProgress<int>
    {
        public void Report(int value) => told.Add(value);
    }
}
