using System.Buffers.Binary;
using PureClip.Imaging.WebP;
using Xunit.Abstractions;

namespace PureClip.Tests.Imaging.WebP;

public class WebPMutationTests(ITestOutputHelper output)
{
    // Pixels, ARGB, alpha, and what the images of transforms take.
    [Fact]
    public void A_damaged_file_is_decoded_or_rejected_as_invalid_data() =>
        MutationRun.Run(new WebPDecoder(), "webp", bytesPerPixel: 16, output, RepairLengths);

    // The file's length and, of simple files, that of the picture's data: else hardly one that was cut would get past them.
    private static void RepairLengths(byte[] file)
    {
        if (file.Length < 24)
            return;
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(4), file.Length - 8);
        if (file[15] != (byte)'X')
            BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(16), (file.Length - 20) & ~1);
    }
}
