using Google.Protobuf;
using PureClip.Tests.Files;
using PureClip.Tests.Tokenization.Published;
using PureClip.Tokenization;

namespace PureClip.Tests.Tokenization;

/// <summary>The library's own reader of SentencePiece models against the message that protoc generates from the published description.</summary>
public sealed class SentencePieceFileTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    [Theory]
    [InlineData("siglip", "spiece.model")]
    [InlineData("xlmr", "sentencepiece.bpe.model")]
    [InlineData("gemma", "tokenizer.model")]
    public void Published_layouts_are_read_as_protoc_reads_them(string name, string file)
    {
        using SubwordFixture fixture = new SubwordFixture(name).With(file);
        string path = Path.Combine(fixture.Folder, file);
        AssertEqual(ModelProto.Parser.ParseFrom(File.ReadAllBytes(path)), SentencePieceFile.Read(path));
    }

    [Fact]
    public void Every_field_is_read_and_absent_ones_have_their_defaults()
    {
        foreach (int seed in Enumerable.Range(0, 200))
        {
            ModelProto model = Random(new(seed));
            AssertEqual(model, Read(model.ToByteArray()));
        }
    }

    /// <summary>Numbers, strings, packed numbers, in fields that nobody has published yet, at every level, before and behind the others.</summary>
    [Fact]
    public void Unknown_fields_are_passed_over()
    {
        foreach (int seed in Enumerable.Range(0, 50))
        {
            ModelProto model = Random(new(seed));
            using MemoryStream bytes = new();
            using CodedOutputStream output = new(bytes);
            WriteUnknown(output);
            foreach (ModelProto.Types.SentencePiece piece in model.Pieces)
                WriteMessage(output, 1, piece);
            if (model.TrainerSpec is not null)
                WriteMessage(output, 2, model.TrainerSpec);
            if (model.NormalizerSpec is not null)
                WriteMessage(output, 3, model.NormalizerSpec);
            WriteUnknown(output);
            output.Flush();
            AssertEqual(ModelProto.Parser.ParseFrom(bytes.ToArray()), Read(bytes.ToArray()));
        }
    }

    [Fact]
    public void Of_a_field_that_stands_twice_the_last_counts_and_messages_are_merged()
    {
        ModelProto first = Random(new(1)), second = new()
        {
            TrainerSpec = new() { EosId = 77 },
            NormalizerSpec = new() { AddDummyPrefix = false },
        };
        byte[] both = [.. first.ToByteArray(), .. second.ToByteArray()];
        ModelProto merged = ModelProto.Parser.ParseFrom(both);
        Assert.Equal(77, merged.TrainerSpec.EosId);
        AssertEqual(merged, Read(both));
    }

    /// <summary>
    /// Cut anywhere, or with a byte changed, a file is refused or says what protoc's reader finds in it; lengths that reach beyond a
    /// message are refused where that refuses them.
    /// </summary>
    [Fact]
    public void Damaged_files_are_refused_or_read_alike()
    {
        ModelProto model = Random(new(5));
        model.SelfTestData = null; // nobody looks inside of what is passed over
        byte[] bytes = model.ToByteArray();
        Random random = new(6);
        int refused = 0, read = 0;
        for (int i = 0; i < 3000; i++)
        {
            byte[] damaged = i < bytes.Length ? bytes[..i] : (byte[])bytes.Clone();
            if (i >= bytes.Length)
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            ModelProto? truth = Truth(OfIds(damaged), out string? reason);
            try
            {
                SentencePieceFile own = Read(damaged);
                read++;
                if (truth is not null)
                    AssertEqual(truth, own);
                else
                    Assert.Contains("UTF-8", reason); // of a string that nobody asks for
            }
            catch (InvalidDataException e)
            {
                refused++;
                Assert.Contains(_directory.Path, e.Message);
            }
        }
        Assert.InRange(refused, 500, 3000);
        Assert.InRange(read, 100, 3000);
    }

    [Theory]
    [InlineData(new byte[] { }, "has no pieces")]
    [InlineData(new byte[] { 0x0A, 0x7F, 0x0A }, "a field of 127 bytes, where 1 are left")]
    [InlineData(new byte[] { 0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01 }, "where 0 are left")]
    [InlineData(new byte[] { 0x08, 0xFF }, "a number without an end")]
    [InlineData(new byte[] { 0x0B }, "the wire type 3")]
    [InlineData(new byte[] { 0x00, 0x01 }, "the field number 0")]
    [InlineData(new byte[] { 0x0A, 0x03, 0x0A, 0x01, 0xFF }, "piece 0 is not UTF-8")]
    [InlineData(new byte[] { 0x0A, 0x05, 0x0A, 0x01, 0x61, 0x18, 0x09 }, "piece 0 has the type 9; there are 1 to 6")]
    [InlineData(new byte[] { 0x0A, 0x08, 0x0A, 0x01, 0x61, 0x15, 0x00, 0x00, 0xC0, 0x7F }, "piece 0 has the score NaN")]
    [InlineData(new byte[] { 0x0A, 0x02, 0x18, 0x01 }, "piece 0 has no text")]
    [InlineData(new byte[] { 0x0A, 0x03, 0x0A, 0x01, 0x61, 0x12, 0x02, 0x18, 0x03 }, "model_type is 3; supported are 1 (unigram) and 2 (BPE)")]
    [InlineData(new byte[] { 0x0A, 0x03, 0x0A, 0x01, 0x61, 0x12, 0x03, 0xC0, 0x01, 0x01 }, "treat_whitespace_as_suffix is set")]
    [InlineData(new byte[] { 0x0A, 0x03, 0x0A, 0x01, 0x61, 0x1A, 0x02, 0x28, 0x00 }, "escape_whitespaces is off")]
    [InlineData(new byte[] { 0x0A, 0x03, 0x0A, 0x01, 0x61, 0x1A, 0x04, 0x12, 0x02, 0x01, 0x02 }, "the character map claims an array of 0 bytes")]
    public void What_is_wrong_is_said(byte[] bytes, string expected) =>
        Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => Read(bytes)).Message);

    public void Dispose() => _directory.Dispose();

    private SentencePieceFile Read(byte[] bytes) => SentencePieceFile.Read(_directory.Write("spiece.model", bytes));

    /// <summary>Without the messages that are passed over whole; as it is where it is not well formed.</summary>
    private byte[] OfIds(byte[] bytes)
    {
        using MemoryStream kept = new();
        using CodedOutputStream output = new(kept);
        try
        {
            ProtobufFields fields = new(bytes, _directory.Path, 0);
            while (fields.Next())
                if (fields.Type == PureClip.Tokenization.WireType.Bytes && fields.Number is >= 1 and <= 3)
                {
                    output.WriteTag(fields.Number, WireFormat.WireType.LengthDelimited);
                    output.WriteBytes(ByteString.CopyFrom(fields.Bytes));
                }
        }
        catch (InvalidDataException)
        {
            return bytes;
        }
        output.Flush();
        return kept.ToArray();
    }

    private static ModelProto? Truth(byte[] bytes, out string? reason)
    {
        reason = null;
        try
        {
            return ModelProto.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException e)
        {
            reason = e.Message;
            return null;
        }
    }

    private static void AssertEqual(ModelProto expected, SentencePieceFile actual)
    {
        Assert.Equal(expected.Pieces.Count, actual.Pieces.Count);
        for (int i = 0; i < actual.Pieces.Count; i++)
        {
            Assert.Equal(expected.Pieces[i].Piece, actual.TextOf(actual.Pieces[i]));
            Assert.Equal(BitConverter.SingleToInt32Bits(expected.Pieces[i].Score), BitConverter.SingleToInt32Bits(actual.Pieces[i].Score));
            Assert.Equal((int)expected.Pieces[i].Type, (int)actual.Pieces[i].Type);
        }
        TrainerSpec trainer = expected.TrainerSpec ?? new();
        NormalizerSpec normalizer = expected.NormalizerSpec ?? new();
        Assert.Equal(trainer.ModelType == TrainerSpec.Types.ModelType.Bpe, actual.IsBpe);
        Assert.Equal(
            (trainer.ByteFallback, trainer.BosId, trainer.EosId, trainer.PadId),
            (actual.HasByteFallback, actual.StartId, actual.EndId, actual.PadId));
        Assert.Equal((normalizer.AddDummyPrefix, normalizer.RemoveExtraWhitespaces), (actual.AddsPrefix, actual.RemovesSpaces));
        Assert.Equal(normalizer.PrecompiledCharsmap.Length > 0, actual.Map is not null);
    }

    private static ModelProto Random(Random random)
    {
        ModelProto model = new();
        int count = random.Next(1, 20);
        for (int i = 0; i < count; i++)
        {
            ModelProto.Types.SentencePiece piece = new() { Piece = $"{(random.Next(3) == 0 ? "▁" : "")}{(char)random.Next('a', 0x3000)}{i}" };
            if (random.Next(4) > 0)
                piece.Score = (float)((random.NextDouble() - 1) * 20);
            if (random.Next(2) == 0)
                piece.Type = (ModelProto.Types.SentencePiece.Types.Type)random.Next(1, 7);
            model.Pieces.Add(piece);
        }
        if (random.Next(4) > 0)
        {
            model.TrainerSpec = new() { ModelPrefix = "m", VocabSize = count, CharacterCoverage = 0.9f };
            model.TrainerSpec.UserDefinedSymbols.Add(["<a>", "<b>"]);
            if (random.Next(2) == 0)
                (model.TrainerSpec.ModelType, model.TrainerSpec.ByteFallback) = (TrainerSpec.Types.ModelType.Bpe, random.Next(2) == 0);
            if (random.Next(2) == 0)
                (model.TrainerSpec.BosId, model.TrainerSpec.EosId, model.TrainerSpec.PadId) = (random.Next(-1, 300), random.Next(300), -1);
        }
        if (random.Next(4) > 0)
        {
            model.NormalizerSpec = new() { Name = "identity", NormalizationRuleTsv = "" };
            if (random.Next(2) == 0)
                (model.NormalizerSpec.AddDummyPrefix, model.NormalizerSpec.RemoveExtraWhitespaces) = (random.Next(2) == 0, random.Next(2) == 0);
        }
        model.SelfTestData = new();
        model.SelfTestData.Samples.Add(new SelfTestData.Types.Sample { Input = "a", Expected = "b" });
        return model;
    }

    private static void WriteMessage(CodedOutputStream output, int field, IMessage message)
    {
        using MemoryStream inner = new();
        using CodedOutputStream coded = new(inner);
        WriteUnknown(coded);
        message.WriteTo(coded);
        WriteUnknown(coded);
        coded.Flush();
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(inner.ToArray()));
    }

    private static void WriteUnknown(CodedOutputStream output)
    {
        output.WriteTag(150, WireFormat.WireType.Varint);
        output.WriteUInt64(ulong.MaxValue);
        output.WriteTag(151, WireFormat.WireType.Fixed64);
        output.WriteFixed64(1);
        output.WriteTag(152, WireFormat.WireType.Fixed32);
        output.WriteFixed32(1);
        output.WriteTag(153, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(1, 2, 0x80, 1)); // numbers, packed
        for (int i = 0; i < 3; i++) // and not
        {
            output.WriteTag(154, WireFormat.WireType.Varint);
            output.WriteInt32(i);
        }
    }
}
