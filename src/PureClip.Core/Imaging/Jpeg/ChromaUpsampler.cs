using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace PureClip.Imaging.Jpeg;

/// <summary>
/// Brings the samples of one component to the picture's size, exactly as libjpeg-turbo 2.1 does with "fancy upsampling": a
/// triangle filter where a direction is halved, repetition for all other factors and for rows of one or two samples.
/// (The name says what it is for; a luminance component that is sampled less than the others passes through it too.)
/// </summary>
internal sealed class ChromaUpsampler
{
    /// <summary>Below three samples a row libjpeg repeats instead of filtering.</summary>
    private const int MinFilteredWidth = 3;

    private readonly SampleRows _source;
    private readonly int _horizontal;
    private readonly int _vertical;
    private readonly bool _filtersColumns;
    private readonly bool _filtersRows;
    private readonly ushort[] _blend;
    private readonly byte[] _row;

    /// <summary>Chooses the method for a component.</summary>
    /// <param name="source">The component's samples.</param>
    /// <param name="horizontal">Pixels a sample, 1 to 4.</param>
    /// <param name="vertical">Rows of pixels a row of samples, 1 to 4.</param>
    /// <param name="filters">Whether to filter at all: at 1/8 of a picture's size libjpeg repeats.</param>
    public ChromaUpsampler(SampleRows source, int horizontal, int vertical, bool filters = true)
    {
        _source = source;
        _horizontal = horizontal;
        _vertical = vertical;
        _filtersColumns = filters && horizontal == 2 && vertical is 1 or 2 && source.Width >= MinFilteredWidth;
        _filtersRows = filters && vertical == 2 && (horizontal == 1 || _filtersColumns);
        _blend = _filtersColumns ? new ushort[source.Width + SampleRows.Padding] : [];
        _row = horizontal == 1 && !_filtersRows ? [] : new byte[(source.Width + SampleRows.Padding) * horizontal];
    }

    /// <summary>A row at least as wide as the picture, valid until the next call.</summary>
    /// <param name="y">The picture's row.</param>
    public ReadOnlySpan<byte> Row(int y)
    {
        ReadOnlySpan<byte> near = _source.Row(y / _vertical);
        bool upper = y % _vertical == 0;
        ReadOnlySpan<byte> far = _source.Row(upper ? y / _vertical - 1 : y / _vertical + 1);
        if (_filtersColumns && _filtersRows)
        {
            Blend(near, far);
            ExpandBlend(evenBias: 8, oddBias: 7, shift: 4);
        }
        else if (_filtersColumns)
        {
            Widen(near);
            ExpandBlend(evenBias: 1, oddBias: 2, shift: 2);
        }
        else if (_filtersRows)
        {
            BlendRows(near, far, bias: (ushort)(upper ? 1 : 2));
        }
        else if (_horizontal == 1)
        {
            return near;
        }
        else
        {
            Repeat(near);
        }
        return _row;
    }

    // blend[1 + i] = near[i], one sample repeated at both ends
    private void Widen(ReadOnlySpan<byte> near)
    {
        int width = _source.Width;
        for (int i = 0; i < width; i += Vector128<byte>.Count)
        {
            Vector128<byte> samples = Vector128.Create(near.Slice(i, Vector128<byte>.Count));
            Vector128.WidenLower(samples).CopyTo(_blend, 1 + i);
            Vector128.WidenUpper(samples).CopyTo(_blend, 1 + i + Vector128<ushort>.Count);
        }
        RepeatEnds(width);
    }

    // blend[1 + i] = 3 near[i] + far[i], one sample repeated at both ends
    private void Blend(ReadOnlySpan<byte> near, ReadOnlySpan<byte> far)
    {
        int width = _source.Width;
        for (int i = 0; i < width; i += Vector128<byte>.Count)
        {
            Vector128<byte> a = Vector128.Create(near.Slice(i, Vector128<byte>.Count));
            Vector128<byte> b = Vector128.Create(far.Slice(i, Vector128<byte>.Count));
            Triple(Vector128.WidenLower(a), Vector128.WidenLower(b)).CopyTo(_blend, 1 + i);
            Triple(Vector128.WidenUpper(a), Vector128.WidenUpper(b)).CopyTo(_blend, 1 + i + Vector128<ushort>.Count);
        }
        RepeatEnds(width);
    }

    private void RepeatEnds(int width)
    {
        _blend[0] = _blend[1];
        _blend[width + 1] = _blend[width];
    }

    // Pixel 2i is 3/4 of sample i and 1/4 of the one before, pixel 2i + 1 of the one behind.
    private void ExpandBlend(ushort evenBias, ushort oddBias, int shift)
    {
        ref ushort samples = ref MemoryMarshal.GetArrayDataReference(_blend);
        ref ushort pairs = ref Unsafe.As<byte, ushort>(ref MemoryMarshal.GetArrayDataReference(_row));
        Vector128<ushort> even = Vector128.Create(evenBias);
        Vector128<ushort> odd = Vector128.Create(oddBias);
        for (nuint i = 0; i < (nuint)_source.Width; i += (nuint)Vector128<ushort>.Count)
        {
            Vector128<ushort> before = Vector128.LoadUnsafe(ref samples, i);
            Vector128<ushort> here = Vector128.LoadUnsafe(ref samples, i + 1);
            Vector128<ushort> behind = Vector128.LoadUnsafe(ref samples, i + 2);
            Vector128<ushort> left = (Triple(here, before) + even) >> shift;
            Vector128<ushort> right = (Triple(here, behind) + odd) >> shift;
            Vector128<ushort> pair = BitConverter.IsLittleEndian ? left | right << 8 : left << 8 | right;
            pair.StoreUnsafe(ref pairs, i);
        }
    }

    private void BlendRows(ReadOnlySpan<byte> near, ReadOnlySpan<byte> far, ushort bias)
    {
        Vector128<ushort> rounding = Vector128.Create(bias);
        for (int i = 0; i < _source.Width; i += Vector128<byte>.Count)
        {
            Vector128<byte> a = Vector128.Create(near.Slice(i, Vector128<byte>.Count));
            Vector128<byte> b = Vector128.Create(far.Slice(i, Vector128<byte>.Count));
            Vector128<ushort> low = (Triple(Vector128.WidenLower(a), Vector128.WidenLower(b)) + rounding) >> 2;
            Vector128<ushort> high = (Triple(Vector128.WidenUpper(a), Vector128.WidenUpper(b)) + rounding) >> 2;
            Vector128.Narrow(low, high).CopyTo(_row, i);
        }
    }

    private void Repeat(ReadOnlySpan<byte> near)
    {
        for (int i = 0; i < _source.Width; i++)
            _row.AsSpan(i * _horizontal, _horizontal).Fill(near[i]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ushort> Triple(Vector128<ushort> near, Vector128<ushort> far) => near + near + near + far;
}

/// <summary>
/// The samples of one component, of which the two latest rows of MCUs are kept: upsampling needs the row above and below, and
/// those may lie in the neighbouring MCUs.
/// </summary>
internal sealed class SampleRows
{
    /// <summary>What may be read behind a row's end, so that whole vectors can be loaded.</summary>
    public const int Padding = 32;

    private readonly byte[] _samples;
    private readonly int _capacity;
    private readonly int _side;

    /// <summary>Makes room for a component.</summary>
    public SampleRows(JpegComponent component)
    {
        Width = component.Width;
        Height = component.Height;
        _side = component.SamplesPerBlock;
        Stride = component.BlocksAcross * _side + Padding;
        _capacity = 2 * _side * component.Vertical;
        _samples = new byte[_capacity * Stride];
    }

    /// <summary>Samples a row that belong to the picture.</summary>
    public int Width { get; }

    /// <summary>Rows that belong to the picture.</summary>
    public int Height { get; }

    /// <summary>From one row to the next.</summary>
    public int Stride { get; }

    /// <summary>A row with its padding; rows beyond the edges repeat the outermost one.</summary>
    public ReadOnlySpan<byte> Row(int row) => _samples.AsSpan(Math.Clamp(row, 0, Height - 1) % _capacity * Stride, Stride);

    /// <summary>The samples from a block's upper left corner to the end of its last row.</summary>
    /// <param name="row">First of the block's rows.</param>
    /// <param name="column">First of the block's columns.</param>
    public Span<byte> Block(int row, int column) => _samples.AsSpan(row % _capacity * Stride + column, (_side - 1) * Stride + _side);
}
