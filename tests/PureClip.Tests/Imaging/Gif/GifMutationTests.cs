using PureClip.Imaging.Gif;
using Xunit.Abstractions;

namespace PureClip.Tests.Imaging.Gif;

public class GifMutationTests(ITestOutputHelper output)
{
    // The canvas and the frame.
    [Fact]
    public void A_damaged_file_is_decoded_or_rejected_as_invalid_data() => MutationRun.Run(new GifDecoder(), "gif", bytesPerPixel: 3, output);
}
