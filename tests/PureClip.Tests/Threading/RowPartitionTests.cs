using PureClip.Threading;

namespace PureClip.Tests.Threading;

public class RowPartitionTests
{
    [Fact]
    public void Parts_cover_the_length_and_differ_by_at_most_one()
    {
        for (int length = 0; length < 60; length++)
            for (int parts = 1; parts < 15; parts++)
            {
                RowPartition partition = new(length, parts);
                Assert.Equal(0, partition.Start(0));
                Assert.Equal(length, partition.Start(parts));
                for (int i = 0; i < parts; i++)
                {
                    Assert.Equal(partition.Start(i) + partition.Length(i), partition.Start(i + 1));
                    Assert.InRange(partition.Length(i), length / parts, length / parts + 1);
                }
            }
    }
}
