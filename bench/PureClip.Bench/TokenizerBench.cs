using BenchmarkDotNet.Attributes;
using PureClip.Tokenization;

namespace PureClip.Bench;

/// <summary>How long does a text take to become ids, and how long does the vocabulary take to be there?</summary>
public class TokenizerBench
{
    private readonly BpeTokenizer _tokenizer = BpeTokenizer.CreateClip();
    private readonly int[] _ids = new int[77];

    /// <summary>A prompt, a caption, and one that needs cleaning and normalisation.</summary>
    [Params("a photo of a cat", "Two children in bright raincoats jump over a puddle while a brown dog watches from the doorstep.",
        "cafe\u0301 &amp; cr\u00E8me \u2014 \u65E5\u672C\u8A9E")]
    public string Text { get; set; } = "";

    [Benchmark]
    public int Encode() => _tokenizer.Encode(Text, _ids);

    [Benchmark]
    public BpeTokenizer LoadEmbedded() => BpeTokenizer.CreateClip();
}
