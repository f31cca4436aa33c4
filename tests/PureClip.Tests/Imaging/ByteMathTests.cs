using PureClip.Imaging;

namespace PureClip.Tests.Imaging;

public class ByteMathTests
{
    [Fact]
    public void Division_by_255_is_rounded_exactly_for_every_product_of_bytes()
    {
        for (int product = 0; product <= 255 * 255; product++)
            Assert.Equal((int)Math.Round(product / 255.0), ByteMath.DivideBy255(product));
    }
}
