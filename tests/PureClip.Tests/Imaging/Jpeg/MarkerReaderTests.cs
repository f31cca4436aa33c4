using PureClip.Imaging.Jpeg;

namespace PureClip.Tests.Imaging.Jpeg;

public class MarkerReaderTests
{
    [Theory]
    [InlineData(new byte[] { 0xFF, 0xD9 }, 1)]
    [InlineData(new byte[] { 1, 2, 0xFF, 0xDA }, 3)]
    [InlineData(new byte[] { 0xFF, 0, 0xFF, 0xFF, 0xFF, 0xDB }, 5)]
    [InlineData(new byte[] { }, -1)]
    [InlineData(new byte[] { 0xFF }, -1)]
    [InlineData(new byte[] { 0xFF, 0xFF }, -1)]
    [InlineData(new byte[] { 0xFF, 0, 3 }, -1)]
    public void A_marker_is_found_behind_data_stuffing_and_fill_bytes(byte[] file, int expected) =>
        Assert.Equal(expected, MarkerReader.Find(file, 0));

    [Fact]
    public void Segments_are_read_one_after_the_other()
    {
        var markers = new MarkerReader([0xFF, 0xDD, 0, 4, 1, 2, 0xFF, 0xD9], tolerant: false);
        Assert.Equal(0xDD, markers.ReadMarker());
        SegmentReader segment = markers.ReadSegment("DRI");
        Assert.Equal(0x0102, segment.ReadUInt16());
        segment.ExpectEnd();
        Assert.Equal(0xD9, markers.ReadMarker());
    }

    [Theory]
    [InlineData(new byte[] { 0xFF, 0xDD })]
    [InlineData(new byte[] { 0xFF, 0xDD, 0 })]
    [InlineData(new byte[] { 0xFF, 0xDD, 0, 1 })]
    [InlineData(new byte[] { 0xFF, 0xDD, 0, 4, 1 })]
    public void Lengths_that_cannot_be_are_rejected(byte[] file) => Assert.Throws<InvalidDataException>(() =>
    {
        var markers = new MarkerReader(file, tolerant: true);
        markers.ReadMarker();
        markers.ReadSegment("DRI");
    });

    [Fact]
    public void Only_what_is_skipped_may_give_its_length_as_less_than_its_own_bytes()
    {
        var markers = new MarkerReader([0xFF, 0xFE, 0, 1, 0xFF, 0xD9], tolerant: false);
        markers.ReadMarker();
        Assert.Equal(0, markers.ReadSegment("COM", mayBeEmpty: true).Remaining);
        Assert.Equal(0xD9, markers.ReadMarker());
    }

    [Theory]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { 0xFF, 0xFF })]
    [InlineData(new byte[] { 0xFF, 0xC4 })]
    [InlineData(new byte[] { 0xFF, 0xC4, 0, 9, 1 })]
    public void Behind_a_scan_the_end_of_the_file_can_be_that_of_the_picture(byte[] rest)
    {
        var tolerant = new MarkerReader(rest, tolerant: true);
        tolerant.ContinueBehindScan(0);
        Assert.Equal(0xD9, tolerant.ReadMarker());
        Assert.Throws<InvalidDataException>(() =>
        {
            var strict = new MarkerReader(rest, tolerant: false);
            strict.ContinueBehindScan(0);
            strict.ReadMarker();
            strict.ReadSegment("DHT");
        });
    }

    [Fact]
    public void Reading_over_a_segments_end_is_rejected() => Assert.Throws<InvalidDataException>(() =>
    {
        var segment = new SegmentReader([1], "DRI");
        segment.ReadUInt16();
    });

    [Fact]
    public void A_segment_that_is_too_long_is_rejected() =>
        Assert.Throws<InvalidDataException>(() => new SegmentReader([1], "DRI").ExpectEnd());
}
