using System.Buffers;
using PureClip.Imaging;
using PureClip.Tests.Imaging.Png;

namespace PureClip.Tests.Imaging;

public class PictureMemoryTests
{
    [Fact]
    public void Pixels_in_borrowed_memory_are_those_of_owned_memory_whatever_lay_there()
    {
        string[] files =
        [
            .. new[] { "jpeg", "png", "bmp" }.SelectMany(format => Directory.EnumerateFiles(TestData.PathOf("pictures/" + format)))
                .Where(file => Path.GetExtension(file) is ".jpg" or ".png" or ".bmp"),
        ];
        Assert.True(files.Length > 30);
        foreach (string file in files)
        {
            byte[] bytes = File.ReadAllBytes(file);
            RasterImage owned = ImageFormats.Decode(bytes);
            Litter(owned.Pixels.Length);
            Litter(bytes.Length);
            using PictureMemory memory = PictureMemory.Borrow();
            RasterImage borrowed = ImageFormats.Decode(bytes, ImageDecoderOptions.Default, null, memory);
            Assert.Equal((owned.Mode, owned.Width, owned.Height), (borrowed.Mode, borrowed.Width, borrowed.Height));
            Assert.True(owned.Pixels.AsSpan().SequenceEqual(borrowed.PixelSpan), file);
        }
    }

    [Fact]
    public void Owned_arrays_have_the_length_asked_for()
    {
        Assert.Equal(100, PictureMemory.Owned.Take(100).Length);
        Assert.False(PictureMemory.Owned.IsBorrowed);
    }

    [Fact]
    public void Borrowed_arrays_differ_until_they_are_given_back()
    {
        using PictureMemory memory = PictureMemory.Borrow();
        byte[] first = memory.Take(100), second = memory.Take(100);
        Assert.NotSame(first, second);
        Assert.True(first.Length >= 100 && second.Length >= 100);
    }

    [Fact]
    public void A_decoder_of_the_application_gets_none_of_it()
    {
        // It may keep what a built-in decoder gave it: that must not change later.
        KeepingDecoder decoder = new();
        byte[] file = File.ReadAllBytes(TestData.PathOf("pictures/png/rgb8-plain-4.png"));
        using (PictureMemory memory = PictureMemory.Borrow())
            ImageFormats.Decode(file, ImageDecoderOptions.Default, [decoder], memory);
        Assert.Equal(decoder.Kept!.Width * decoder.Kept.Height * 3, decoder.Kept.Pixels.Length);
        Litter(decoder.Kept.Pixels.Length);
        Assert.Equal(ImageFormats.Decode(file).Pixels, decoder.Kept.Pixels);
    }

    [Fact]
    public void Photographs_after_the_first_allocate_no_pixels()
    {
        byte[] file = PngBuilder.File(2000, 1000, 8, 2, new byte[1000 * (1 + 3 * 2000)]);
        using Clip clip = ShippedModel.Load();
        float[] embedding = new float[clip.EmbeddingWidth];
        clip.EncodeImage(file, embedding);
        long before = GC.GetAllocatedBytesForCurrentThread();
        clip.EncodeImage(file, embedding);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    /// <summary>Leaves an array full of rubbish where the next one of this length is taken from.</summary>
    private static void Litter(int length)
    {
        byte[] array = ArrayPool<byte>.Shared.Rent(length);
        Array.Fill(array, (byte)0xA5);
        ArrayPool<byte>.Shared.Return(array);
    }

    private sealed class KeepingDecoder : IImageDecoder
    {
        public RasterImage? Kept { get; private set; }

        public string FormatName => "anything";

        public bool Recognizes(ReadOnlySpan<byte> head) => true;

        public RasterImage Decode(ReadOnlySpan<byte> file, ImageDecoderOptions options) => Kept = ImageFormats.Decode(file, options);
    }
}
