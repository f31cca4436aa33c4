namespace PureClip.Simd;

/// <summary>One lane of two 16-bit products: the fallback, and the reference that the wider types are tested against.</summary>
internal readonly unsafe struct I16PairX1(int value) : IIntegerLanes<I16PairX1>
{
    private readonly int _value = value;

    public static int Count => 1;

    public static int Registers => 16;

    public static int Values => 2;

    public static int Largest => 127;

    public static int Offset => 0;

    public static I16PairX1 Zero => default;

    public static I16PairX1 Broadcast(float value) => new(BitConverter.SingleToInt32Bits(value));

    public static I16PairX1 Load(float* source) => new(*(int*)source);

    public static void Store(I16PairX1 value, float* destination) => *(int*)destination = value._value;

    public static void MultiplyAdd(ref I16PairX1 accumulator, I16PairX1 a, I16PairX1 b) =>
        accumulator = new(accumulator._value + (short)a._value * (short)b._value + (a._value >> 16) * (b._value >> 16));
}
