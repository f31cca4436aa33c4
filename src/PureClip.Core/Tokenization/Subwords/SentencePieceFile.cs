using System.Text;
using System.Text.Unicode;
using PureClip.Files;

namespace PureClip.Tokenization;

/// <summary>What a piece of a SentencePiece model is.</summary>
internal enum PieceType
{
    Normal = 1,
    Unknown = 2,
    Control = 3,
    UserDefined = 4,
    Unused = 5,
    Byte = 6,
}

/// <summary>A piece: where its UTF-8 stands in the file, its score, its type.</summary>
internal readonly record struct SentencePiece(int Offset, int Length, float Score, PieceType Type);

/// <summary>
/// A SentencePiece model (<c>spiece.model</c>, <c>sentencepiece.bpe.model</c>, <c>tokenizer.model</c>): one protobuf message. Fields that
/// change no id are passed over, absent ones have the published defaults; of a field that stands twice the last counts.
/// </summary>
/// <remarks>sentencepiece_model.proto: ModelProto, TrainerSpec, NormalizerSpec.</remarks>
internal sealed class SentencePieceFile
{
    /// <summary>The names under which such files are published.</summary>
    public static readonly string[] Names = ["sentencepiece.bpe.model", "spiece.model", "tokenizer.model"];

    private const int UnigramType = 1, BpeType = 2;

    private readonly byte[] _bytes;
    private readonly List<SentencePiece> _pieces = [];

    private SentencePieceFile(string path, byte[] bytes) => (Path, _bytes) = (path, bytes);

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The pieces; their index is their id.</summary>
    public IReadOnlyList<SentencePiece> Pieces => _pieces;

    /// <summary>Whether it is BPE; else unigram.</summary>
    public bool IsBpe { get; private set; }

    /// <summary>Whether unknown characters become bytes.</summary>
    public bool HasByteFallback { get; private set; }

    /// <summary>Id of the token at the start of a text; -1 for none. By default 1.</summary>
    public int StartId { get; private set; } = 1;

    /// <summary>Id of the token at its end; -1 for none. By default 2.</summary>
    public int EndId { get; private set; } = 2;

    /// <summary>Id of padding; -1, the default, for none.</summary>
    public int PadId { get; private set; } = -1;

    /// <summary>The character map; null where it is absent or empty.</summary>
    public CharacterMap? Map { get; private set; }

    /// <summary>Whether a space is put in front of a text.</summary>
    public bool AddsPrefix { get; private set; } = true;

    /// <summary>Whether spaces at the ends and runs of them are removed.</summary>
    public bool RemovesSpaces { get; private set; } = true;

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">It is damaged, too large, or of a kind that is not supported.</exception>
    public static SentencePieceFile Read(string path)
    {
        SentencePieceFile file = new(path, SmallFile.ReadBytes(path, TokenizerConfig.MaxBytes, TokenizerConfig.Sizes));
        file.ReadModel();
        if (file._pieces.Count == 0)
            Problem.InvalidData($"{path} has no pieces. Is it a SentencePiece model? Download it again.");
        return file;
    }

    /// <summary>The text of a piece.</summary>
    public string TextOf(SentencePiece piece) => Encoding.UTF8.GetString(_bytes, piece.Offset, piece.Length);

    private void ReadModel()
    {
        ProtobufFields fields = new(_bytes, Path, 0);
        while (fields.Next())
            if (fields.Type == WireType.Bytes)
                switch (fields.Number)
                {
                    case 1:
                        AddPiece(fields.Bytes, fields.Offset);
                        break;
                    case 2:
                        ReadTrainer(fields.Bytes, fields.Offset);
                        break;
                    case 3:
                        ReadNormalizer(fields.Bytes, fields.Offset);
                        break;
                }
    }

    private void AddPiece(ReadOnlySpan<byte> bytes, int offset)
    {
        (int at, int length, float score, PieceType type) = (offset, 0, 0f, PieceType.Normal);
        ProtobufFields fields = new(bytes, Path, offset);
        while (fields.Next())
            switch (fields.Number, fields.Type)
            {
                case (1, WireType.Bytes):
                    (at, length) = (fields.Offset, fields.Bytes.Length);
                    if (!Utf8.IsValid(fields.Bytes))
                        Problem.InvalidData($"{Path}: piece {_pieces.Count} is not UTF-8. The file is damaged; download it again.");
                    break;
                case (2, WireType.Fixed32):
                    score = fields.Single;
                    break;
                case (3, WireType.Varint):
                    type = fields.Value is >= (ulong)PieceType.Normal and <= (ulong)PieceType.Byte
                        ? (PieceType)fields.Value
                        : Problem.InvalidData<PieceType>($"{Path}: piece {_pieces.Count} has the type {fields.Value}; there are 1 to 6.");
                    break;
            }
        if (length == 0 || !float.IsFinite(score))
            Problem.InvalidData(
                $"{Path}: piece {_pieces.Count} has {(length == 0 ? "no text" : $"the score {score}")}. The file is damaged; download it again.");
        if (_pieces.Count == BpeVocabulary.MaxSize)
            Problem.InvalidData($"{Path} has more than {BpeVocabulary.MaxSize} pieces, which are supported.");
        _pieces.Add(new(at, length, score, type));
    }

    private void ReadTrainer(ReadOnlySpan<byte> bytes, int offset)
    {
        ProtobufFields fields = new(bytes, Path, offset);
        while (fields.Next())
            if (fields.Type == WireType.Varint)
                switch (fields.Number)
                {
                    case 3:
                        IsBpe = fields.Value == BpeType;
                        if (fields.Value is not (UnigramType or BpeType))
                            Problem.InvalidData($"{Path}: model_type is {fields.Value}; supported are 1 (unigram) and 2 (BPE).");
                        break;
                    case 24 when fields.Value != 0:
                        Problem.InvalidData($"{Path}: treat_whitespace_as_suffix is set, which is not supported.");
                        break;
                    case 35:
                        HasByteFallback = fields.Value != 0;
                        break;
                    case 41:
                        StartId = Id(fields.Value);
                        break;
                    case 42:
                        EndId = Id(fields.Value);
                        break;
                    case 43:
                        PadId = Id(fields.Value);
                        break;
                }
    }

    private void ReadNormalizer(ReadOnlySpan<byte> bytes, int offset)
    {
        ProtobufFields fields = new(bytes, Path, offset);
        while (fields.Next())
            switch (fields.Number, fields.Type)
            {
                case (2, WireType.Bytes):
                    Map = fields.Bytes.IsEmpty ? null : CharacterMap.Read(fields.Bytes, Path);
                    break;
                case (3, WireType.Varint):
                    AddsPrefix = fields.Value != 0;
                    break;
                case (4, WireType.Varint):
                    RemovesSpaces = fields.Value != 0;
                    break;
                case (5, WireType.Varint) when fields.Value == 0:
                    Problem.InvalidData($"{Path}: escape_whitespaces is off, which is not supported.");
                    break;
            }
    }

    // An int32: negative ones are written as 64 bits.
    private static int Id(ulong value) => (int)value;
}
