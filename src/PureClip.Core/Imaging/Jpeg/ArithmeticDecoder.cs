namespace PureClip.Imaging.Jpeg;

/// <summary>
/// The binary arithmetic decoder of ITU-T T.81, annex D: each decision has a probability of its own, which is estimated from the decisions
/// before. Behind the last byte follow zero bytes without end (D.2.6).
/// </summary>
/// <remarks>
/// The code register holds base and coming bits together; the cut between them moves with the bits in hand, so that only a new byte shifts
/// it.
/// </remarks>
internal struct ArithmeticDecoder
{
    /// <summary>The state of decisions that are as likely as not and stay so: refinement bits and signs.</summary>
    public const byte Fixed = 113;

    private const int Likelier = 0x80; // of a state: which decision is the likelier one; the rest is its row in the table
    private const int FullInterval = 0x8000;

    private readonly byte[] _buffer;
    private readonly int _length;
    private int _position;
    private long _code;
    private int _interval;
    private int _bitsInHand;

    /// <summary>Starts at the first byte of a buffer.</summary>
    /// <param name="buffer">The data, without its stuffing.</param>
    /// <param name="length">Bytes of data.</param>
    public ArithmeticDecoder(byte[] buffer, int length)
    {
        _buffer = buffer;
        _length = length;
        _bitsInHand = -16; // two bytes come before the first decision
    }

    // Table D.3, a row for each state but the last, which is Fixed: the interval of the less likely decision (16 bits), the state behind it
    // (its highest bit: the two change places), the state behind the likelier one.
    private static ReadOnlySpan<uint> Estimates =>
    [
        0x5A1D8101, 0x25860E02, 0x11141003, 0x080B1204, 0x03D81405, 0x01DA1706, 0x00E51907, 0x006F1C08, 0x00361E09, 0x001A210A,
        0x000D230B, 0x0006090C, 0x00030A0D, 0x00010C0D, 0x5A7F8F0F, 0x3F252410, 0x2CF22611, 0x207C2712, 0x17B92813, 0x11822A14,
        0x0CEF2B15, 0x09A12D16, 0x072F2E17, 0x055C3018, 0x04063119, 0x0303331A, 0x0240341B, 0x01B1361C, 0x0144381D, 0x00F5391E,
        0x00B73B1F, 0x008A3C20, 0x00683E21, 0x004E3F22, 0x003B2023, 0x002C2109, 0x5AE1A525, 0x484C4026, 0x3A0D4127, 0x2EF14328,
        0x261F4429, 0x1F33452A, 0x19A8462B, 0x1518482C, 0x1177492D, 0x0E744A2E, 0x0BFB4B2F, 0x09F84D30, 0x08614E31, 0x07064F32,
        0x05CD3033, 0x04DE3234, 0x040F3235, 0x03633336, 0x02D43437, 0x025C3538, 0x01F83639, 0x01A4373A, 0x0160383B, 0x0125393C,
        0x00F63A3D, 0x00CB3B3E, 0x00AB3D3F, 0x008F3D20, 0x5B12C141, 0x4D045042, 0x412C5143, 0x37D85244, 0x2FE85345, 0x293C5446,
        0x23795647, 0x1EDF5748, 0x1AA95749, 0x174E484A, 0x1424484B, 0x119C4A4C, 0x0F6B4A4D, 0x0D514B4E, 0x0BB64D4F, 0x0A404D30,
        0x5832D051, 0x4D1C5852, 0x438E5953, 0x3BDD5A54, 0x34EE5B55, 0x2EAE5C56, 0x299A5D57, 0x25165647, 0x5570D859, 0x4CA95F5A,
        0x44D9605B, 0x3E22615C, 0x3824635D, 0x32B4635E, 0x2E175D56, 0x56A8DF60, 0x4F466561, 0x47E56662, 0x41CF6763, 0x3C3D6864,
        0x375E635D, 0x52316966, 0x4C0F6A67, 0x46396B68, 0x415E6763, 0x5627E96A, 0x50E76C6B, 0x4B856D67, 0x55976E6D, 0x504F6F6B,
        0x5A10EE6F, 0x5522706D, 0x59EBF06F, 0x5A1D7171,
    ];

    /// <summary>Decodes one decision.</summary>
    /// <param name="state">Its estimate, which follows what was found.</param>
    public bool Decode(ref byte state)
    {
        while (_interval < FullInterval)
            Renormalize();
        uint row = Estimates[state & ~Likelier];
        int likelier = state & Likelier;
        int lessLikely = (int)(row >> 16);
        _interval -= lessLikely;
        long threshold = (long)_interval << _bitsInHand;
        bool isUpper = _code >= threshold;
        if (!isUpper && _interval >= FullInterval)
            return likelier != 0;
        // The shorter part of the interval belongs to the less likely decision, whichever end it lies at (D.2.5).
        bool isLess = (_interval < lessLikely) != isUpper;
        if (isUpper)
        {
            _code -= threshold;
            _interval = lessLikely;
        }
        state = (byte)(likelier ^ (byte)(isLess ? row >> 8 : row));
        return (likelier != 0) != isLess;
    }

    private void Renormalize()
    {
        if (--_bitsInHand < 0)
        {
            int data = _position < _length ? _buffer[_position++] : 0;
            _code = (_code << 8) | (uint)data;
            _bitsInHand += 8;
            if (_bitsInHand < 0 && ++_bitsInHand == 0)
                _interval = FullInterval; // both first bytes are there
        }
        _interval <<= 1;
    }
}
