using System.Text.Json;
using Parquet;
using Parquet.Schema;
using PureClip.Search;

namespace PureClip.Tests.Cli;

[Collection(GalleryIndex.Collection)]
public sealed class ExportCommandTests(GalleryIndex gallery) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_format_has_the_vectors_of_the_index()
    {
        using EmbeddingIndex index = EmbeddingIndex.Open(gallery.Path);
        CommandResult lines = CommandLine.Run("export", "--index", gallery.Path);
        Assert.Equal((0, "", 400), (lines.ExitCode, lines.Error, lines.Lines.Length));
        float[] vector = new float[index.Width];
        for (int entry = 0; entry < 400; entry += 37)
        {
            JsonElement line = lines.Lines[entry];
            index.CopyVector(entry, vector);
            Assert.Equal(vector, line.GetProperty("embedding").EnumerateArray().Select(number => number.GetSingle()));
            Assert.Equal(index[entry].Size, line.GetProperty("bytes").GetInt64());
            Assert.Equal(index[entry].Modified, line.GetProperty("modified").GetDateTime());
            Assert.Equal(ContentHash.OfFile(line.GetProperty("path").GetString()!).ToString("x32"), line.GetProperty("content").GetString());
        }

        Assert.Equal(0, CommandLine.Run("export", "--index", gallery.Path, "--output", _folder["all.npy"]).ExitCode);
        NpyFile array = NpyFile.Read(_folder["all.npy"]);
        Assert.Contains($"(400, {index.Width})", array.Header);
        index.CopyVector(399, vector);
        Assert.Equal(vector, array.Floats[^index.Width..]);
    }

    [Fact]
    public async Task Parquet_has_a_column_a_field_and_the_model_beside()
    {
        string path = _folder["all.parquet"];
        Assert.Equal((0, ""), (CommandLine.Run("export", "--index", gallery.Path, "--output", path).ExitCode, ""));
        JsonElement[] lines = CommandLine.Run("export", "--index", gallery.Path).Lines;
        using EmbeddingIndex index = EmbeddingIndex.Open(gallery.Path);
        await using ParquetReader reader = await ParquetReader.CreateAsync(path);
        Assert.Equal((1, index.Space.Fingerprint), (reader.RowGroupCount, reader.CustomMetadata["pureclip.fingerprint"]));
        Assert.Equal(["path", "bytes", "modified", "content", "embedding"], reader.Schema.Fields.Select(field => field.Name));
        using ParquetRowGroupReader group = reader.OpenRowGroupReader(0);
        Assert.Equal(400, group.RowCount);
        string[] paths = new string[400], contents = new string[400];
        long?[] bytes = new long?[400];
        DateTime?[] modified = new DateTime?[400];
        float[] numbers = new float[400 * index.Width];
        int[] levels = new int[numbers.Length], defined = new int[numbers.Length];
        DataField[] fields = reader.Schema.DataFields;
        await group.ReadAsync(fields[0], paths);
        await group.ReadAsync<long>(fields[1], bytes);
        await group.ReadAsync<DateTime>(fields[2], modified);
        await group.ReadAsync(fields[3], contents);
        await group.ReadRawAsync<float>(fields[4], numbers, (Memory<int>)defined, (Memory<int>)levels);
        for (int row = 0; row < 400; row++)
        {
            Assert.Equal(lines[row].GetProperty("path").GetString(), paths[row]);
            Assert.Equal(lines[row].GetProperty("content").GetString(), contents[row]);
            Assert.Equal(lines[row].GetProperty("bytes").GetInt64(), bytes[row]);
            Assert.InRange((lines[row].GetProperty("modified").GetDateTime() - modified[row]!.Value).Ticks, 0, 9); // whole microseconds
            Assert.Equal(
                lines[row].GetProperty("embedding").EnumerateArray().Select(number => number.GetSingle()),
                numbers[(row * index.Width)..((row + 1) * index.Width)]);
        }
        Assert.Equal(Enumerable.Range(0, levels.Length).Select(i => i % index.Width == 0 ? 0 : 1), levels);
    }

    [Fact]
    public async Task Embeddings_go_into_parquet_too()
    {
        CommandLine.Run("embed", CommandLine.Cat, "--text", "a cat", "--output", _folder["two.parquet"]);
        await using ParquetReader reader = await ParquetReader.CreateAsync(_folder["two.parquet"]);
        Assert.Equal(["input", "kind", "embedding"], reader.Schema.Fields.Select(field => field.Name));
        using ParquetRowGroupReader group = reader.OpenRowGroupReader(0);
        string[] kinds = new string[2];
        await group.ReadAsync(reader.Schema.DataFields[1], kinds);
        Assert.Equal(["image", "text"], kinds);
        Assert.Empty(Directory.GetFiles(_folder.Path, ".*"));
    }

    [Fact]
    public void What_is_named_is_written_alone()
    {
        CommandResult one = CommandLine.Run("export", CommandLine.Cat, "--index", gallery.Path);
        Assert.EndsWith("cat.png", Assert.Single(one.Lines).GetProperty("path").GetString());
        CommandResult none = CommandLine.Run("export", _folder.Path, "--index", gallery.Path, "--output", _folder["none.parquet"]);
        Assert.Equal(1, none.ExitCode);
        Assert.Empty(_folder.Names);
        CommandLine.Run("export", "--index", gallery.Path, "--format", "parquet").AssertFails(2, "parquet is not for a terminal");
    }
}
