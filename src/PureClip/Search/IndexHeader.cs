using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using PureClip.Files;

namespace PureClip.Search;

/// <summary>What <c>index.json</c> says.</summary>
/// <param name="Space">The model, and the rules by which it made the vectors so far as they were recorded.</param>
/// <param name="VectorType">How they are stored.</param>
/// <param name="Generation">Which files count; grows by one whenever the index is compacted.</param>
/// <param name="Commits">
/// Commits that are known to be complete, which tells damage from what a killed writer leaves: one of these that cannot be read was read
/// once. There may be more, and in files of older programs it is 0.
/// </param>
internal sealed record IndexHeader(VectorSpace Space, VectorType VectorType, long Generation, long Commits = 0)
{
    /// <summary>The version of the format that is written. A file with a later one is refused, unknown members are passed over.</summary>
    public const int Version = 1;

    /// <summary>The widest vector.</summary>
    public const int MaxWidth = 1 << 16;

    private const string Format = "pureclip-index";
    private const string Pictures = "preparation", Texts = "texts", IntegerBits = "integerBits";
    private const string WholeCommits = "commits", Checksum = "checksum";
    private const int MaxBytes = 1 << 16, MaxTextLength = 1 << 10;

    private static ReadOnlySpan<byte> NoChecksum => "00000000"u8;

    private static readonly (string Word, VectorType Type)[] Types =
        [("f32", VectorType.F32), ("f16", VectorType.F16), ("int8", VectorType.Int8)];

    /// <summary>Checks what a new index is to say.</summary>
    /// <exception cref="ArgumentException">Something of it cannot be written.</exception>
    public void RequireWritable()
    {
        ArgumentException.ThrowIfNullOrEmpty(Space.Fingerprint);
        ArgumentNullException.ThrowIfNull(Space.ModelName);
        if (Space.Fingerprint.Length > MaxTextLength || Space.ModelName.Length > MaxTextLength)
            throw new ArgumentException($"A model's name and its fingerprint have at most {MaxTextLength} characters each.");
        if (Space.PictureLine is { Length: 0 or > MaxTextLength } || Space.TextLine is { Length: 0 or > MaxTextLength })
            throw new ArgumentException($"What an index says of the rules for pictures, or for texts, has 1 to {MaxTextLength} "
                + "characters; null says nothing.");
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Space.Width);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Space.Width, MaxWidth);
        _ = VectorRow.Bytes(VectorType, Space.Width); // throws for a type that there is not
    }

    /// <summary>Reads and checks the file.</summary>
    /// <exception cref="FileNotFoundException">There is no index.</exception>
    /// <exception cref="InvalidDataException">The file breaks a rule of the format, or has a later version of it.</exception>
    public static IndexHeader Read(IndexFiles files)
    {
        byte[] bytes = ReadBytes(files);
        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes, new() { MaxDepth = 8 });
            return Read(files, document.RootElement, bytes);
        }
        catch (Exception e) when (
            e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or ArgumentException)
        {
            throw files.Damaged(files.Header, $"this is no description of an index ({JsonText.Reason(e)})", e);
        }
    }

    /// <summary>Replaces the file at once: whoever reads it sees the old text or the new one.</summary>
    public void Write(IndexFiles files)
    {
        ArrayBufferWriter<byte> text = new();
        using (Utf8JsonWriter json = new(text, new() { Indented = true }))
            Write(json);
        byte[] bytes = [.. text.WrittenSpan, (byte)'\n'];
        Crc32C.Of(bytes).TryFormat(bytes.AsSpan(bytes.AsSpan().LastIndexOf(NoChecksum)), out _, "x8", CultureInfo.InvariantCulture);
        using (FileStream stream = new(files.NewHeader, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0))
        {
            stream.Write(bytes);
            stream.Flush(flushToDisk: true);
        }
        File.Move(files.NewHeader, files.Header, overwrite: true);
    }

    /// <summary>
    /// The checksum is that of the file with zeros in place of its digits. Files of older programs have none, nor does one whose member of
    /// that name is what was garbled: the rest is then right.
    /// </summary>
    private static void RequireChecksum(IndexFiles files, JsonElement json, byte[] bytes)
    {
        if (!json.TryGetProperty(Checksum, out JsonElement element))
            return;
        string digits = element.GetString() ?? "";
        int at = digits.Length == NoChecksum.Length ? bytes.AsSpan().LastIndexOf(Encoding.UTF8.GetBytes(digits)) : -1;
        if (at < 0)
            throw files.Damaged(files.Header, $"\"{Checksum}\" is not {NoChecksum.Length} digits");
        NoChecksum.CopyTo(bytes.AsSpan(at));
        if (Crc32C.Of(bytes).ToString("x8", CultureInfo.InvariantCulture) != digits)
            throw files.Damaged(files.Header, "this is not what was written (its checksum differs)");
    }

    private static byte[] ReadBytes(IndexFiles files)
    {
        try
        {
            using FileStream stream = new(
                files.Header, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            if (stream.Length > MaxBytes)
                throw files.Damaged(files.Header, $"this has {stream.Length} bytes, a description of an index at most {MaxBytes}");
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new FileNotFoundException($"{files.Directory}: there is no index. Make one first.", e);
        }
        catch (EndOfStreamException e)
        {
            throw files.Damaged(files.Header, "this ends too early", e);
        }
    }

    private static IndexHeader Read(IndexFiles files, JsonElement json, byte[] bytes)
    {
        if (json.GetProperty("format").GetString() != Format)
            throw files.Damaged(files.Header, $"\"format\" is not \"{Format}\"");
        int version = json.GetProperty("version").GetInt32();
        if (version > Version)
            throw new InvalidDataException($"{files.Header}: the index has version {version} of its format, this program reads up to "
                + $"{Version}. Use a newer PureClip, or make another index.");
        RequireChecksum(files, json, bytes);
        JsonElement model = json.GetProperty("model");
        string word = Text(json.GetProperty("type"));
        int type = Array.FindIndex(Types, type => type.Word == word);
        int width = json.GetProperty("width").GetInt32();
        long generation = json.GetProperty("generation").GetInt64();
        if (version < 1 || type < 0 || width is < 1 or > MaxWidth || generation < 1)
            throw files.Damaged(files.Header, $"version {version}, type \"{word}\", width {width} and generation {generation} are not all "
                + "possible");
        VectorSpace space = new(Text(model.GetProperty("fingerprint")), width)
        {
            ModelName = Text(model.GetProperty("name")),
            IntegerBits = json.TryGetProperty(IntegerBits, out JsonElement bits) ? bits.GetInt32() : null,
        };
        long commits = json.TryGetProperty(WholeCommits, out JsonElement whole) ? whole.GetInt64() : 0;
        return new(space.WithLines(LineIn(files, json, Pictures), LineIn(files, json, Texts)), Types[type].Type, generation, commits);
    }

    private static string? LineIn(IndexFiles files, JsonElement json, string member)
    {
        if (!json.TryGetProperty(member, out JsonElement element))
            return null;
        return element.ValueKind == JsonValueKind.String && element.GetString() is { Length: > 0 and <= MaxTextLength } text
            ? text
            : throw files.Damaged(files.Header, $"\"{member}\" is no text of 1 to {MaxTextLength} characters");
    }

    private static string Text(JsonElement element) => element.GetString() is { Length: <= MaxTextLength } text
        ? text
        : throw new FormatException($"a text of at most {MaxTextLength} characters is missing");

    private void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("format", Format);
        json.WriteNumber("version", Version);
        json.WriteStartObject("model");
        json.WriteString("name", Space.ModelName);
        json.WriteString("fingerprint", Space.Fingerprint);
        json.WriteEndObject();
        json.WriteNumber("width", Space.Width);
        json.WriteString("type", Array.Find(Types, type => type.Type == VectorType).Word);
        if (Space.PictureLine is string pictures)
            json.WriteString(Pictures, pictures);
        if (Space.TextLine is string texts)
            json.WriteString(Texts, texts);
        if (Space.IntegerBits is int bits)
            json.WriteNumber(IntegerBits, bits);
        json.WriteNumber("generation", Generation);
        json.WriteNumber(WholeCommits, Commits);
        json.WriteString(Checksum, NoChecksum); // last, so that nothing else looks like it behind it
        json.WriteEndObject();
    }
}

/// <summary>The files of an index: a folder.</summary>
/// <param name="directory">The folder.</param>
internal sealed class IndexFiles(string directory)
{
    private const int ReadOnlyFileSystem = 30; // EROFS, on Linux and macOS

    private const string VectorsPrefix = "vectors-", VectorsSuffix = ".bin", EntriesPrefix = "entries-", EntriesSuffix = ".log";
    private const string CellsPrefix = "cells-";

    /// <summary>The folder, as it was named.</summary>
    public string Directory => directory;

    /// <summary>What the index is of, and which generation of the other files counts.</summary>
    public string Header => Path.Combine(directory, "index.json");

    /// <summary>The header while it is written.</summary>
    public string NewHeader => Header + ".tmp";

    /// <summary>Held open by the one writer. It stays where it is: two processes could otherwise lock two files of that name.</summary>
    public string Lock => Path.Combine(directory, "writer.lock");

    /// <summary>The rows of a generation.</summary>
    public string Vectors(long generation) => Path.Combine(directory, Name(VectorsPrefix, generation, VectorsSuffix));

    /// <summary>The commits of a generation.</summary>
    public string Entries(long generation) => Path.Combine(directory, Name(EntriesPrefix, generation, EntriesSuffix));

    /// <summary>The cells of a generation, where there are some.</summary>
    public string Cells(long generation) => Path.Combine(directory, Name(CellsPrefix, generation, VectorsSuffix));

    /// <summary>Cells while they are written.</summary>
    public string NewCells => Path.Combine(directory, "cells.tmp");

    /// <summary>Whether this folder holds nothing but what writers that make an index leave, be they at work or killed.</summary>
    public bool HoldsNothingElse => System.IO.Directory.EnumerateFileSystemEntries(directory)
        .All(path => IsNamedAs(path, Lock) || IsNamedAs(path, Header) || IsNamedAs(path, NewHeader)
            || IsNamedAs(path, NewCells) || IsOfAnyGeneration(path));

    /// <summary>Refuses a folder in which an index cannot be made.</summary>
    /// <exception cref="IOException">There is one already, or the folder holds other files.</exception>
    public void RequireRoom()
    {
        if (File.Exists(Header))
            throw new IOException($"{directory}: there is an index already. Open it, or choose a new folder.");
        if (!HoldsNothingElse)
            throw new IOException($"{directory}: the folder holds other files. Choose a new folder for the index.");
    }

    /// <summary>Keeps other writers away until it is disposed.</summary>
    /// <exception cref="IOException">Another one is at work, or the folder cannot be written.</exception>
    public FileStream TakeLock()
    {
        try
        {
            return new(Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (UnauthorizedAccessException e)
        {
            throw NotWritable(e);
        }
        catch (IOException e) when (e.HResult == ReadOnlyFileSystem)
        {
            throw NotWritable(e);
        }
        catch (IOException e) when (File.Exists(Lock))
        {
            throw new IOException($"{directory}: another process is writing to this index. Wait until it has finished, or use "
                + "another index.", e);
        }
    }

    /// <summary>Deletes what killed writers and compactions have left. What another process still holds stays for the next time.</summary>
    public void DeleteLeftovers(long generation)
    {
        IEnumerable<string> others = System.IO.Directory.EnumerateFiles(directory)
            .Where(path => IsNamedAs(path, NewHeader) || IsNamedAs(path, NewCells)
                || (IsOfAnyGeneration(path) && !IsNamedAs(path, Vectors(generation)) && !IsNamedAs(path, Entries(generation))
                    && !IsNamedAs(path, Cells(generation))));
        foreach (string path in others.ToArray())
            TryDelete(path);
    }

    /// <summary>The error for an index that this process may read and not change.</summary>
    public IOException NotWritable(Exception inner) => new($"{directory}: this index cannot be written ({inner.Message.TrimEnd('.')}). It "
        + "can be searched as it is; to change it, allow writing to the folder and its files, or change a copy.", inner);

    /// <summary>The error for a file that cannot be what a writer has left.</summary>
    /// <param name="file">Its path.</param>
    /// <param name="found">What is wrong, without a full stop.</param>
    /// <param name="inner">What was caught.</param>
    public InvalidDataException Damaged(string file, string found, Exception? inner = null) =>
        new($"{file}: {found}. The index is damaged: delete the folder {directory} and make the index anew.", inner);

    private static string Name(string prefix, long generation, string suffix) =>
        prefix + generation.ToString(CultureInfo.InvariantCulture) + suffix;

    private static bool IsNamedAs(string path, string other) => Path.GetFileName(path) == Path.GetFileName(other);

    private static bool IsOfAnyGeneration(string path) => Is(path, VectorsPrefix, VectorsSuffix)
        || Is(path, EntriesPrefix, EntriesSuffix) || Is(path, CellsPrefix, VectorsSuffix);

    private static bool Is(string path, string prefix, string suffix)
    {
        string name = Path.GetFileName(path);
        return name.Length > prefix.Length + suffix.Length && name.StartsWith(prefix, StringComparison.Ordinal)
            && name.EndsWith(suffix, StringComparison.Ordinal)
            && name.AsSpan(prefix.Length, name.Length - prefix.Length - suffix.Length).IndexOfAnyExceptInRange('0', '9') < 0;
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Windows keeps what a reader has mapped.
        }
    }
}
