using PureClip.Memory;

namespace PureClip.Model;

/// <summary>What is read of a sequence in the end.</summary>
internal enum ReadOut
{
    /// <summary>The first token: a class token.</summary>
    First,

    /// <summary>The last token that was added: where a text ends.</summary>
    Last,

    /// <summary>The token that each sequence was added with a mark on: where a text ends that goes on behind it.</summary>
    Marked,

    /// <summary>The mean of all tokens.</summary>
    Mean,

    /// <summary>Whatever an attention pool makes of all tokens.</summary>
    Pooled,

    /// <summary>Every token by itself.</summary>
    Every,
}

/// <summary>What read-outs mean for the blocks before them.</summary>
internal static class ReadOuts
{
    /// <summary>Whether one token of each sequence is read, so that others need not be computed to the end.</summary>
    public static bool ReadsOne(this ReadOut read) => read is ReadOut.First or ReadOut.Last or ReadOut.Marked;
}

/// <summary>Where in a tower somebody can look.</summary>
internal enum Tap
{
    /// <summary>[rows, width]: tokens before the first block.</summary>
    Embedded,

    /// <summary>[rows, width]: tokens after a block.</summary>
    Block,

    /// <summary>
    /// [rows · heads, longest sequence]: what each token gives each token of its sequence, heads of one token behind one another.
    /// </summary>
    Attention,
}

/// <summary>What somebody wants to see of a pass. Where nobody does, a tap costs a null check a block and no memory.</summary>
/// <param name="wants">
/// Whether a state of a layer is wanted; asked while the pass is planned and while it runs, and must not change its mind.
/// </param>
/// <param name="see">Gets the state. Its memory is used again afterwards: copy what is to stay.</param>
internal sealed class Taps(Func<Tap, int, bool> wants, TapAction see)
{
    /// <summary>Whether a state of a layer is wanted.</summary>
    public bool Wants(Tap tap, int layer) => wants(tap, layer);

    /// <summary>Shows a state.</summary>
    public void Show(Tap tap, int layer, MatrixView state) => see(tap, layer, state);
}

/// <summary>Takes a state of a pass.</summary>
/// <param name="tap">Where it is from.</param>
/// <param name="layer">Which block; 0 for <see cref="Tap.Embedded"/>.</param>
/// <param name="state">The state, valid during the call.</param>
internal delegate void TapAction(Tap tap, int layer, MatrixView state);
